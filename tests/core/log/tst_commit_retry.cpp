#include "core/log/commit_retry.h"
#include "core/log/memory_file_system.h"
#include "core/storage/memory_engine.h"
#include "tests/core/log/store_fixture.h"

using namespace core;
using namespace core::log;
using namespace testing_log;

/// The class: code that changes a row by what it has read gives up at a conflict, or repeats the old write. It could occur at each change outside of
/// requests: keys of a primary, revocations, the conversion of a store, locks of users. What holds: one function builds the change again.
class TestCommitRetry : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init();
    void buildsAgainFromWhatIsStoredNow();
    void givesUpAfterSomeTries();
    void returnsErrorsOfBuilding();
    void commitsNothingIfNothingIsWritten();

private:
    SystemClock m_clock;
    SeededRandom m_random{1};
    MemoryFileSystem m_files;
    std::unique_ptr<Store> m_store;
};

void TestCommitRetry::init()
{
    auto store = Store::open(std::make_unique<storage::MemoryEngine>(), m_files, m_clock, m_random, {});
    QVERIFY(store);
    m_store = std::move(*store);
}

void TestCommitRetry::buildsAgainFromWhatIsStoredNow()
{
    QVERIFY(putAndWait(*m_store, "s/a", "1").has_value());
    int count = 0;
    const auto done = commitAgainOnConflict(*m_store, "adding", [&](Transaction& transaction) -> Result<> {
        auto value = transaction.get("s/a");
        if (!value) return std::move(value).error();
        if (++count == 1 && !putAndWait(*m_store, "s/a", "2")) qFatal("the other commit failed");
        put(transaction, "s/b", **value + "+1");
        return {};
    });
    QVERIFY(done && *done);
    QCOMPARE(count, 2);
    QCOMPARE(contentsOf(m_store->reader()), (Contents{{"s/a", "2"}, {"s/b", "2+1"}}));
}

void TestCommitRetry::givesUpAfterSomeTries()
{
    QVERIFY(putAndWait(*m_store, "s/a", "0").has_value());
    int count = 0;
    const auto done = commitAgainOnConflict(*m_store, "adding", [&](Transaction& transaction) -> Result<> {
        auto value = transaction.get("s/a");
        if (!value) return std::move(value).error();
        if (!putAndWait(*m_store, "s/a", std::to_string(++count))) qFatal("the other commit failed");
        put(transaction, "s/b", **value);
        return {};
    });
    QVERIFY(!done);
    QVERIFY(done.error().code == ErrorCode::Conflict);
    QVERIFY(done.error().detail.starts_with("adding conflicted with other writes 16 times"));
    QCOMPARE(count, kCommitTries);
    QCOMPARE(contentsOf(m_store->reader()), (Contents{{"s/a", "16"}}));
}

void TestCommitRetry::returnsErrorsOfBuilding()
{
    int count = 0;
    const auto done = commitAgainOnConflict(*m_store, "adding", [&](Transaction& transaction) -> Result<> {
        ++count;
        put(transaction, "s/b", "1");
        return Error{ErrorCode::Conflict, "of its own"};
    });
    QVERIFY(!done);
    QCOMPARE(done.error().detail, std::string{"of its own"});
    QCOMPARE(count, 1);
    QVERIFY(contentsOf(m_store->reader()).empty());
}

void TestCommitRetry::commitsNothingIfNothingIsWritten()
{
    const auto before = m_store->appliedIndex();
    const auto done = commitAgainOnConflict(*m_store, "adding", [](Transaction&) { return Result<>{}; });
    QVERIFY(done && !*done);
    QVERIFY(m_store->appliedIndex() == before);
}

QTEST_GUILESS_MAIN(TestCommitRetry)
#include "tst_commit_retry.moc"
