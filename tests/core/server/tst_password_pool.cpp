#include "core/server/process/password_pool.h"

#include <QtTest>

#include <atomic>
#include <future>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

using namespace core;
using namespace core::server;
using namespace std::chrono_literals;

/// The class: work that strangers can order without limit delays work that must not wait. It could occur at each queue that is filled before a token
/// is known: password checks (here), uploads, connections, handshakes of the cluster port. What holds here: the queue is bounded, one sender cannot
/// fill it, senders take turns, and the threads have a lower priority.
class TestPasswordPool : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void sendersTakeTurns();
    void queueIsBounded();
    void whatIsQueuedIsAnsweredAtTheEnd();
    void threadsHaveALowerPriority();
};

namespace {

/// Occupies the pool's only thread until it is released.
class Blocker {
public:
    explicit Blocker(PasswordPool& pool)
    {
        std::promise<void> begun;
        auto isBegun = begun.get_future();
        (void)pool.post("blocker", [&begun, gate = m_gate.get_future().share()](bool) {
            begun.set_value();
            gate.wait();
        });
        isBegun.wait();
    }
    void release() { m_gate.set_value(); }

private:
    std::promise<void> m_gate;
};

} // namespace

void TestPasswordPool::sendersTakeTurns()
{
    PasswordPool pool{{}};
    Blocker blocker{pool};
    std::mutex mutex;
    std::vector<std::string> order;
    std::promise<void> isDone;
    const auto note = [&](const char* name) {
        return [&, name](bool) {
            const std::lock_guard lock{mutex};
            order.emplace_back(name);
            if (order.size() == 6) isDone.set_value();
        };
    };
    for (int at = 0; at < 4; ++at) QVERIFY(pool.post("many", note("many")) == BoundedExecutor::Admission::Taken);
    for (int at = 0; at < 2; ++at) QVERIFY(pool.post("few", note("few")) == BoundedExecutor::Admission::Taken);
    blocker.release();
    isDone.get_future().wait();
    QCOMPARE(order, (std::vector<std::string>{"many", "few", "many", "few", "many", "many"}));
}

void TestPasswordPool::queueIsBounded()
{
    PasswordPool pool{{.queuedMax = 3, .queuedBySenderMax = 2}};
    Blocker blocker{pool};
    std::atomic<int> ranCount = 0;
    const auto count = [&](bool) { ++ranCount; };
    QVERIFY(pool.post("a", count) == BoundedExecutor::Admission::Taken);
    QVERIFY(pool.post("a", count) == BoundedExecutor::Admission::Taken);
    QVERIFY(pool.post("a", count) == BoundedExecutor::Admission::SenderFull);
    QVERIFY(pool.post("b", count) == BoundedExecutor::Admission::Taken);
    QVERIFY(pool.post("c", count) == BoundedExecutor::Admission::Full);
    blocker.release();
    QTRY_COMPARE(ranCount.load(), 3);
    QVERIFY(pool.post("c", count) == BoundedExecutor::Admission::Taken); // there is room again
    QTRY_COMPARE(ranCount.load(), 4);
}

void TestPasswordPool::whatIsQueuedIsAnsweredAtTheEnd()
{
    PasswordPool pool{{}};
    Blocker blocker{pool};
    std::atomic<int> stoppedCount = 0;
    for (int at = 0; at < 5; ++at) (void)pool.post("a", [&](bool isStopping) { stoppedCount += isStopping ? 1 : 0; });
    auto stopping = std::async(std::launch::async, [&] { pool.stop(); });
    // Refused when the stop has begun. Until then more work can be queued.
    while (pool.post("b", [](bool) {}) == BoundedExecutor::Admission::Taken) std::this_thread::sleep_for(1ms);
    blocker.release();
    stopping.get();
    QCOMPARE(stoppedCount.load(), 5);
}

void TestPasswordPool::threadsHaveALowerPriority()
{
    PasswordPool pool{{}};
    std::promise<int> priority;
    (void)pool.post("a", [&](bool) { priority.set_value(::getpriority(PRIO_PROCESS, static_cast<id_t>(::syscall(SYS_gettid)))); });
    QVERIFY(priority.get_future().get() >= 10);
}

QTEST_GUILESS_MAIN(TestPasswordPool)
#include "tst_password_pool.moc"
