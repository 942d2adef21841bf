#include "tests/core/log/store_fixture.h"

#include "core/log/memory_file_system.h"
#include "core/storage/memory_engine.h"

#include <future>
#include <thread>

using namespace core;
using namespace core::log;
using namespace testing_log;

/// Subscribers to the keys that commits change.
class TestChangedKeys : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void keysComeBetweenCommitAndAnswer_data();
    void keysComeBetweenCommitAndAnswer();
    void refusedCommitsChangeNothing();
    void subscribersAreCalledInTheirOrder();
    void endingWaitsForARunningCall();
    void subscriptionsOutliveTheStore();
    void answersOutliveTheStore();
};

namespace {

/// Keeps tasks until run() is called.
class HeldExecutor final : public Executor {
public:
    void post(Task task) override
    {
        MutexLock lock{m_mutex};
        m_tasks.push_back(std::move(task));
    }
    std::size_t run()
    {
        std::vector<Task> tasks;
        {
            MutexLock lock{m_mutex};
            tasks.swap(m_tasks);
        }
        for (auto& task : tasks) task();
        return tasks.size();
    }

private:
    Mutex m_mutex;
    std::vector<Task> m_tasks CORE_GUARDED_BY(m_mutex);
};

struct Fixture {
    std::unique_ptr<Subscription> hear(std::function<void(std::string_view key)> also = {})
    {
        return store->subscribeToKeys([this, also = std::move(also)](const ChangedKeys& keys) {
            keys.forEach([&](std::string_view key) {
                heard.emplace_back(key);
                if (also) also(key);
            });
        });
    }

    std::vector<std::string> heard;
    MemoryFileSystem files;
    SystemClock clock;
    OsRandom random;
    std::unique_ptr<Store> store = valueOf(Store::open(std::make_unique<storage::MemoryEngine>(), files, clock, random, {}), "store");
};

} // namespace

void TestChangedKeys::keysComeBetweenCommitAndAnswer_data()
{
    QTest::addColumn<bool>("isWaiting");
    QTest::addColumn<bool>("isEncoded");
    QTest::newRow("a thread waits") << true << false;
    QTest::newRow("an executor gets the answer") << false << false;
    QTest::newRow("a batch of a link, a thread waits") << true << true;
    QTest::newRow("a batch of a link") << false << true;
}

/// The class: a write is answered while a copy in memory still shows what the write replaced. It could occur at every copy of stored rows, and on each
/// way into the store: requests, the server's own writes, batches of a link. What holds: the store itself calls the subscribers for every commit, when
/// reads see it, and before it is answered.
void TestChangedKeys::keysComeBetweenCommitAndAnswer()
{
    QFETCH(bool, isWaiting);
    QFETCH(bool, isEncoded);
    Fixture f;
    QVERIFY(putAndWait(*f.store, "s/gone", "1").has_value());
    bool isAnswered = false;
    bool isInOrder = true;
    const auto subscription = f.hear([&](std::string_view key) {
        const auto stored = f.store->reader().get(key);
        const bool isSeen = stored && (key == "s/gone" ? !stored->has_value() : *stored == "new");
        isInOrder = isInOrder && isSeen && !isAnswered;
    });
    auto transaction = f.store->begin();
    if (isEncoded) {
        EncodedOperations operations;
        for (const auto& operation : {operationOf("s/a", "new"), operationOf("i/own", "new"), operationOf("s/gone", std::nullopt)})
            operations.append(OperationView::of(operation));
        transaction.append(std::move(operations));
    } else {
        put(transaction, "s/a", "new");
        put(transaction, "i/own", "new");
        erase(transaction, "s/gone");
    }
    if (isWaiting) {
        QVERIFY(f.store->commitAndWait(std::move(transaction)).has_value());
        isAnswered = true;
    } else {
        HeldExecutor executor;
        f.store->commit(std::move(transaction), executor, [&](const Result<LogIndex>& result) { isAnswered = result.has_value(); });
        QTRY_VERIFY((executor.run(), isAnswered));
    }
    QVERIFY(isAnswered);
    QVERIFY(isInOrder);
    std::ranges::sort(f.heard);
    QCOMPARE(f.heard, (std::vector<std::string>{"i/own", "s/a", "s/gone"}));
}

void TestChangedKeys::refusedCommitsChangeNothing()
{
    Fixture f;
    const auto subscription = f.hear();
    auto conflicting = f.store->begin();
    QVERIFY(conflicting.get("s/a").has_value());
    put(conflicting, "s/b", "1");
    QVERIFY(putAndWait(*f.store, "s/a", "1").has_value());
    COMPARE_PLAIN(f.store->commitAndWait(std::move(conflicting)).error().code, ErrorCode::Conflict);
    COMPARE_PLAIN(putAndWait(*f.store, "no class", "1").error().code, ErrorCode::InvalidArgument);
    QVERIFY(f.store->commitAndWait(f.store->begin()).has_value()); // writes nothing
    QCOMPARE(f.heard, std::vector<std::string>{"s/a"});
}

void TestChangedKeys::subscribersAreCalledInTheirOrder()
{
    Fixture f;
    std::string order;
    const auto first = f.store->subscribeToKeys([&](const ChangedKeys&) { order += '1'; });
    auto second = f.store->subscribeToKeys([&](const ChangedKeys&) { order += '2'; });
    const auto third = f.store->subscribeToKeys([&](const ChangedKeys&) { order += '3'; });
    QVERIFY(putAndWait(*f.store, "s/a", "1").has_value());
    second.reset();
    QVERIFY(putAndWait(*f.store, "s/a", "2").has_value());
    QCOMPARE(order, std::string{"12313"});
}

/// The class: a subscriber is called after its object was destroyed. It could occur at each handle of a callback. What holds: a handle's destructor
/// returns only when no call is running, and none comes later.
void TestChangedKeys::endingWaitsForARunningCall()
{
    Fixture f;
    std::promise<void> called;
    std::promise<void> released;
    std::atomic<int> callCount{0};
    std::atomic<bool> isEnded{false};
    std::promise<void> ended;
    auto isReleased = released.get_future();
    auto subscription = f.store->subscribeToKeys([&](const ChangedKeys&) {
        if (++callCount == 1) called.set_value();
        isReleased.wait();
        if (isEnded) callCount = 1000; // the handle was gone while this call ran
    });
    std::thread writer{[&] { static_cast<void>(putAndWait(*f.store, "s/a", "1").has_value()); }};
    called.get_future().wait();
    std::thread ender{[&] {
        subscription.reset();
        isEnded = true;
        ended.set_value();
    }};
    ended.get_future().wait_for(std::chrono::milliseconds{50}); // a destructor that does not wait ends here
    released.set_value();
    ender.join();
    writer.join();
    QVERIFY(putAndWait(*f.store, "s/a", "2").has_value());
    QCOMPARE(callCount.load(), 1);
}

void TestChangedKeys::subscriptionsOutliveTheStore()
{
    Fixture f;
    auto subscription = f.hear();
    f.store.reset();
    subscription.reset();
    QVERIFY(f.heard.empty());
}

/// The class: a task that is queued in an executor uses an object that was destroyed before the task ran. It could occur at each task that a store, a
/// port or a manager posts. What holds: the task of an answer owns the list of subscribers.
void TestChangedKeys::answersOutliveTheStore()
{
    Fixture f;
    const auto subscription = f.hear();
    HeldExecutor executor;
    bool isAnswered = false;
    auto transaction = f.store->begin();
    put(transaction, "s/a", "1");
    f.store->commit(std::move(transaction), executor, [&](const Result<LogIndex>& result) { isAnswered = result.has_value(); });
    f.store->stop();
    f.store.reset();
    QCOMPARE(executor.run(), std::size_t{1});
    QVERIFY(isAnswered);
    QCOMPARE(f.heard, std::vector<std::string>{"s/a"});
}

QTEST_GUILESS_MAIN(TestChangedKeys)
#include "tst_changed_keys.moc"
