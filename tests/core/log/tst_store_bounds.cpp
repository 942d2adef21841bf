#include "core/log/checkpoint.h"
#include "core/log/local_store.h"
#include "core/storage/leveldb_engine.h"
#include "core/storage/memory_engine.h"
#include "tests/core/log/store_fixture.h"

#include <QTemporaryDir>

using namespace core;
using namespace core::log;
using namespace testing_log;

/// The store's bounds, on one thread: the test decides when the committer and the maintenance have their turns.
class TestStoreBounds : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void refusesCommitsWhileTheQueueIsFull();
    void makesACheckpointForLogBytes();

private:
    std::unique_ptr<LocalStore> start(std::unique_ptr<storage::Engine> engine, const Store::Options& options);

    PosixFileSystem m_files;
    SystemClock m_clock;
    SeededRandom m_random{1};
};

std::unique_ptr<LocalStore> TestStoreBounds::start(std::unique_ptr<storage::Engine> engine, const Store::Options& options)
{
    auto store = std::make_unique<LocalStore>(std::move(engine), nullptr, m_files, m_random, options);
    if (auto started = store->startWithoutThreads(m_clock); !started) qFatal("start: %s", toString(started.error()).c_str());
    return store;
}

/// The class: commits that wait for a slow disk take all memory. It could occur in each queue in front of the log; this one holds 256 MiB and
/// then refuses at once, with an error that means "try again".
void TestStoreBounds::refusesCommitsWhileTheQueueIsFull()
{
    QTemporaryDir temporary;
    const auto store = start(std::make_unique<storage::MemoryEngine>(), {.directory = temporary.path().toStdString()});
    class Inline final : public Executor {
    public:
        void post(Task task) override { task(); }
    } executor;
    std::vector<std::optional<Result<LogIndex>>> outcomes(6);
    for (std::size_t at = 0; at < outcomes.size(); ++at) {
        auto transaction = store->begin();
        put(transaction, "s/" + std::to_string(at), std::string(60u << 20, 'x'));
        store->commit(std::move(transaction), executor, [&outcomes, at](Result<LogIndex> result) { outcomes[at] = std::move(result); });
    }
    for (std::size_t at = 0; at < 5; ++at) QVERIFY(!outcomes[at]); // four fill it to 240 MiB, and the fifth found room
    QVERIFY(outcomes[5]);
    COMPARE_PLAIN(outcomes[5]->error().code, ErrorCode::Unavailable);
    store->runQueued();
    for (std::size_t at = 0; at < 5; ++at) QVERIFY(outcomes[at] && outcomes[at]->has_value());
    QVERIFY(putAndWait(*store, "s/after", "x").has_value()); // what was committed makes room
}

/// The class: a log that grows faster than the interval of checkpoints, so that the next start reads all of it. A checkpoint is due after the
/// interval or after `checkpointBytes`, which comes first.
void TestStoreBounds::makesACheckpointForLogBytes()
{
    QTemporaryDir temporary;
    const std::filesystem::path folder = temporary.path().toStdString();
    Store::Options options;
    options.directory = folder / "log";
    options.checkpointInterval = std::chrono::hours{1};
    options.checkpointBytes = 64u << 10;
    const auto store = start(valueOf(storage::LevelDbEngine::open({.directory = folder / "db"}), "engine"), options);
    const auto durable = [&] {
        const auto found = valueOf(readCheckpoint(m_files, options.directory), "checkpoint");
        return found ? found->durable : LogIndex{0};
    };

    const auto first = valueOf(putAndWait(*store, "s/small", std::string(1000, 'x')), "put");
    QVERIFY(store->maintain(false));
    QVERIFY(durable() < first); // too little for one
    const auto second = valueOf(putAndWait(*store, "s/large", std::string(64u << 10, 'x')), "put");
    QVERIFY(store->maintain(false));
    COMPARE_PLAIN(durable(), second);
    const auto third = valueOf(putAndWait(*store, "s/small", std::string(1000, 'y')), "put");
    QVERIFY(store->maintain(false));
    QVERIFY(durable() < third); // counting begins again at a checkpoint
}

QTEST_GUILESS_MAIN(TestStoreBounds)
#include "tst_store_bounds.moc"
