#include "tests/core/log/store_fixture.h"

#include "core/log/file_system.h"
#include "core/storage/leveldb_engine.h"
#include "core/storage/memory_engine.h"

#include <QTemporaryDir>

#include <future>
#include <thread>

using namespace core;
using namespace core::log;
using namespace testing_log;

/// The store as its users see it, in memory and on disk.
class TestStore : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init();
    void commitsAreReadAndAreInTheForest_data() { kinds(); }
    void commitsAreReadAndAreInTheForest();
    void transactionsReadTheirOwnWrites();
    void changedReadsConflict_data();
    void changedReadsConflict();
    void encodedOperationsComeBeforeTheOthers();
    void refusesWhatCannotBeStored();
    void completionsComeOncePerExecutor();
    void threadsCommitInGroups();
    void recordsAreReadBack_data() { kinds(); }
    void recordsAreReadBack();
    void subscribersHearUntilTheyLeave();
    void keysOfLeavesAreFound_data() { kinds(); }
    void keysOfLeavesAreFound();
    void reopensAsItWas_data();
    void reopensAsItWas();
    void replacesContents_data() { kinds(); }
    void replacesContents();
    void takesNoRoomBeforeTheFirstWrite();
    void stoppingFinishesWhatIsQueued();

private:
    void kinds();
    std::unique_ptr<Store> open(Store::Options options = {});

    std::unique_ptr<QTemporaryDir> m_folder;
    PosixFileSystem m_files;
    SystemClock m_clock;
    OsRandom m_random;
    bool m_isOnDisk = false;
};

void TestStore::init()
{
    m_folder = std::make_unique<QTemporaryDir>();
    m_isOnDisk = false;
}

void TestStore::kinds()
{
    QTest::addColumn<bool>("isOnDisk");
    QTest::newRow("memory") << false;
    QTest::newRow("disk") << true;
}

std::unique_ptr<Store> TestStore::open(Store::Options options)
{
    std::unique_ptr<storage::Engine> engine;
    if (m_isOnDisk) {
        const std::filesystem::path folder = m_folder->path().toStdString();
        storage::LevelDbEngine::Options engineOptions;
        engineOptions.directory = folder / "db";
        engine = valueOf(storage::LevelDbEngine::open(engineOptions), "engine");
        options.directory = folder / "log";
        options.segmentBytes = std::min<std::uint64_t>(options.segmentBytes, 1u << 20);
    } else {
        engine = std::make_unique<storage::MemoryEngine>();
    }
    return valueOf(Store::open(std::move(engine), m_files, m_clock, m_random, options), "store");
}

void TestStore::commitsAreReadAndAreInTheForest()
{
    QFETCH(bool, isOnDisk);
    m_isOnDisk = isOnDisk;
    const auto store = open();
    COMPARE_PLAIN(store->appliedIndex(), LogIndex{0});
    COMPARE_PLAIN(*putAndWait(*store, "s/logical/u/a", "1"), LogIndex{1});
    COMPARE_PLAIN(*putAndWait(*store, "l/sys/b", "2"), LogIndex{2});
    COMPARE_PLAIN(*putAndWait(*store, "i/core/c", "3"), LogIndex{3});
    COMPARE_PLAIN(store->appliedIndex(), LogIndex{3});
    COMPARE_PLAIN(store->lastSharedIndex(), LogIndex{1});
    COMPARE_PLAIN(store->lastReplicatedIndex(), LogIndex{2});
    const Contents expected{{"i/core/c", "3"}, {"l/sys/b", "2"}, {"s/logical/u/a", "1"}};
    QCOMPARE(contentsOf(store->reader()), expected);
    QCOMPARE(store->forest().root({}), rootOf(expected));

    auto transaction = store->begin();
    erase(transaction, "s/logical/u/a");
    put(transaction, "l/sys/b", "22");
    COMPARE_PLAIN(*store->commitAndWait(std::move(transaction)), LogIndex{4});
    QCOMPARE(store->forest().root({}), rootOf({{"l/sys/b", "22"}}));
    QCOMPARE(store->statistics().commitCount, std::uint64_t{4});
    QCOMPARE(store->statistics().leafCount, std::uint64_t{1});
}

void TestStore::transactionsReadTheirOwnWrites()
{
    const auto store = open();
    for (const char* key : {"s/a", "s/b", "s/c", "s/d"}) QVERIFY(putAndWait(*store, key, "old").has_value());
    auto transaction = store->begin();
    put(transaction, "s/b", "new");
    put(transaction, "s/bb", "new");
    erase(transaction, "s/c");
    put(transaction, "s/e", "new");
    QCOMPARE(**transaction.get("s/b"), std::string{"new"});
    QVERIFY(!*transaction.get("s/c"));
    Contents seen;
    QVERIFY(transaction
                .scan("s/", "s0",
                      [&](std::string_view key, std::string_view value) {
                          seen.emplace(key, value);
                          if (key == "s/a") erase(transaction, "s/d"); // the rest of the scan sees this
                          return true;
                      })
                .has_value());
    QCOMPARE(seen, (Contents{{"s/a", "old"}, {"s/b", "new"}, {"s/bb", "new"}, {"s/e", "new"}}));
    QCOMPARE(contentsOf(store->reader()).size(), std::size_t{4});
    transaction.reset(store->appliedIndex());
    QVERIFY(!transaction.hasWrites());
    QCOMPARE(**transaction.get("s/c"), std::string{"old"});
}

void TestStore::changedReadsConflict_data()
{
    QTest::addColumn<QString>("kind");
    QTest::addColumn<QString>("written");
    QTest::addColumn<bool>("conflicts");
    QTest::newRow("key, written") << "key"
                                  << "s/b" << true;
    QTest::newRow("key, other written") << "key"
                                        << "s/c" << false;
    QTest::newRow("key, untracked") << "untracked"
                                    << "s/b" << false;
    QTest::newRow("range, new key in it") << "range"
                                          << "s/bx" << true;
    QTest::newRow("range, outside") << "range"
                                    << "s/c" << false;
    QTest::newRow("broken off, before its end") << "first"
                                                << "s/aa" << true;
    QTest::newRow("broken off, behind its end") << "first"
                                                << "s/bx" << false;
    QTest::newRow("many keys, written") << "many"
                                        << "s/17" << true;
    QTest::newRow("many keys, other written") << "many"
                                              << "s/170" << false;
    QTest::newRow("nothing read") << "blind"
                                  << "s/b" << false;
}

void TestStore::changedReadsConflict()
{
    QFETCH(QString, kind);
    QFETCH(QString, written);
    QFETCH(bool, conflicts);
    const auto store = open();
    QVERIFY(putAndWait(*store, "s/b", "1").has_value());
    auto transaction = store->begin();
    if (kind == "untracked") transaction.setReadsTracked(false);
    if (kind == "key" || kind == "untracked") QVERIFY(transaction.get("s/b").has_value());
    if (kind == "range") QVERIFY(transaction.scan("s/b", "s/c", [](auto, auto) { return true; }).has_value());
    if (kind == "first") QVERIFY(transaction.scan("s/", "s0", [](auto, auto) { return false; }).has_value());
    if (kind == "many") {
        for (int number = 0; number < 100; ++number) QVERIFY(transaction.get("s/" + std::to_string(number)).has_value());
    }
    QVERIFY(putAndWait(*store, written.toStdString(), "2").has_value());
    put(transaction, "s/result", "3");
    const auto committed = store->commitAndWait(std::move(transaction));
    QCOMPARE(committed.has_value(), !conflicts);
    if (conflicts) COMPARE_PLAIN(committed.error().code, ErrorCode::Conflict);
    QCOMPARE(contentsOf(store->reader()).contains("s/result"), !conflicts);
}

void TestStore::encodedOperationsComeBeforeTheOthers()
{
    const auto store = open();
    EncodedOperations encoded;
    const std::vector<Operation> operations = {operationOf("s/a", "1"), operationOf("l/b", "2"), operationOf("s/a", "3"),
                                               operationOf("s/c", "4"), operationOf("s/d", "5"), operationOf("s/d", std::nullopt)};
    for (const Operation& operation : operations) encoded.append(OperationView::of(operation));
    auto transaction = store->begin();
    put(transaction, "s/c", "6");
    transaction.append(std::move(encoded));
    QVERIFY(transaction.hasWrites());
    const auto committed = store->commitAndWait(std::move(transaction));
    QVERIFY(committed.has_value());
    const Contents expected = {{"l/b", "2"}, {"s/a", "3"}, {"s/c", "6"}};
    QVERIFY(contentsOf(store->reader()) == expected);
    QCOMPARE(store->forest().root({}), rootOf(expected));
    QCOMPARE(store->forest().leafCount(), std::uint64_t{3});
    const auto records = store->read(*committed, 1);
    QVERIFY(records.has_value());
    QCOMPARE(records->front().view().operationCount(), std::uint32_t{7});

    EncodedOperations bare; // without a leaf digest
    bare.append({OperationKind::Put, "s/a", "x", {}, {}});
    transaction = store->begin();
    transaction.append(std::move(bare));
    COMPARE_PLAIN(store->commitAndWait(std::move(transaction)).error().code, ErrorCode::InvalidArgument);
}

void TestStore::refusesWhatCannotBeStored()
{
    const auto store = open();
    auto transaction = store->begin();
    Operation bare;
    bare.key = "s/a";
    transaction.put(bare);
    COMPARE_PLAIN(store->commitAndWait(std::move(transaction)).error().code, ErrorCode::InvalidArgument);
    transaction = store->begin();
    transaction.put(operationOf("m/applied", "x"));
    COMPARE_PLAIN(store->commitAndWait(std::move(transaction)).error().code, ErrorCode::InvalidArgument);
    transaction = store->begin();
    put(transaction, "s/a", std::string(kRecordBytesMax, 'x'));
    COMPARE_PLAIN(store->commitAndWait(std::move(transaction)).error().code, ErrorCode::TooLarge);
    QVERIFY(putAndWait(*store, "s/large", std::string(20u << 20, 'x')).has_value()); // larger than a segment
    QCOMPARE((**store->reader().get("s/large")).size(), std::size_t{20u << 20});
    QCOMPARE(store->read(LogIndex{1}, 1)->size(), std::size_t{1});
}

void TestStore::completionsComeOncePerExecutor()
{
    class Counting final : public Executor {
    public:
        void post(Task task) override
        {
            MutexLock lock{mutex};
            tasks.push_back(std::move(task));
        }
        std::size_t run()
        {
            std::vector<Task> taken;
            {
                MutexLock lock{mutex};
                taken.swap(tasks);
            }
            for (auto& task : taken) task();
            return taken.size();
        }
        Mutex mutex;
        std::vector<Task> tasks;
    };
    const auto store = open();
    Counting left;
    Counting right;
    int completed = 0;
    // The subscriber stops the committer at the first group until all others are queued. So they become one group.
    std::promise<void> queued;
    auto isQueued = queued.get_future().share();
    auto subscription = store->subscribe([&](LogIndex) { isQueued.wait(); });
    auto commit = [&](Executor& executor, int number) {
        auto transaction = store->begin();
        put(transaction, "s/" + std::to_string(number), "x");
        store->commit(std::move(transaction), executor, [&](Result<LogIndex> result) { completed += result.has_value(); });
    };
    commit(left, 0);
    QTRY_COMPARE(store->appliedIndex().value(), std::uint64_t{1});
    for (int number = 1; number <= 20; ++number) commit(number % 2 ? left : right, number);
    queued.set_value();
    QTRY_COMPARE(store->appliedIndex().value(), std::uint64_t{21});
    std::size_t tasks = 0;
    QTRY_VERIFY((tasks += left.run() + right.run(), completed == 21));
    QCOMPARE(tasks, std::size_t{3});
    QCOMPARE(store->statistics().groupCount, std::uint64_t{2});
}

void TestStore::threadsCommitInGroups()
{
    m_isOnDisk = true;
    constexpr int kThreads = 8;
    constexpr int kEach = 100;
    const auto store = open();
    std::vector<std::thread> threads;
    std::atomic<int> conflicts{0};
    for (int thread = 0; thread < kThreads; ++thread) {
        threads.emplace_back([&, thread] {
            for (int number = 0; number < kEach;) {
                auto transaction = store->begin();
                const auto counter = transaction.get("s/counter");
                const int value = counter && *counter ? std::stoi(**counter) : 0;
                put(transaction, "s/counter", std::to_string(value + 1));
                put(transaction, "s/logical/u/" + std::to_string(thread) + "-" + std::to_string(number), "x");
                const auto committed = store->commitAndWait(std::move(transaction));
                if (committed) ++number;
                else if (committed.error().code == ErrorCode::Conflict) ++conflicts;
                else qFatal("%s", toString(committed.error()).c_str());
            }
        });
    }
    for (auto& thread : threads) thread.join();
    const auto contents = contentsOf(store->reader());
    QCOMPARE(contents.at("s/counter"), std::to_string(kThreads * kEach)); // no lost update
    QCOMPARE(contents.size(), std::size_t{kThreads * kEach + 1});
    COMPARE_PLAIN(store->appliedIndex(), LogIndex{kThreads * kEach});
    QCOMPARE(store->forest().root({}), rootOf(contents));
}

void TestStore::recordsAreReadBack()
{
    QFETCH(bool, isOnDisk);
    m_isOnDisk = isOnDisk;
    const auto store = open();
    store->setEpoch(Epoch{7});
    for (int number = 1; number <= 40; ++number) {
        auto transaction = store->begin();
        put(transaction, "s/" + std::to_string(number), std::string(100'000, 'x')); // several segments
        if (number % 2) put(transaction, "i/x", "y");
        else erase(transaction, "s/" + std::to_string(number - 1));
        QVERIFY(store->commitAndWait(std::move(transaction)).has_value());
    }
    QVERIFY(store->statistics().segmentCount > 2);
    COMPARE_PLAIN(store->oldestIndex(), LogIndex{1});
    LogIndex next{1};
    while (true) {
        const auto records = store->read(next, 250'000);
        QVERIFY(records.has_value());
        if (records->empty()) break;
        QVERIFY(records->size() <= 3);
        for (const auto& stored : *records) {
            const auto record = RecordView::parse(stored.bytes);
            QVERIFY(record.has_value());
            QCOMPARE(record->bytes().size(), stored.bytes.size());
            COMPARE_PLAIN(record->index(), next);
            COMPARE_PLAIN(record->epoch(), Epoch{7});
            const auto whole = record->toRecord();
            QCOMPARE(whole.operations.size(), std::size_t{2});
            const auto& shared = *std::find_if(whole.operations.begin(), whole.operations.end(), [](const Operation& operation) {
                return operation.kind == OperationKind::Put && operation.key.starts_with("s/");
            });
            QCOMPARE(shared.key, "s/" + std::to_string(next.value()));
            QVERIFY(shared.leafDigest == operationOf(shared.key, shared.value).leafDigest);
            next = next.next();
        }
    }
    COMPARE_PLAIN(next, LogIndex{41});
}

void TestStore::subscribersHearUntilTheyLeave()
{
    const auto store = open();
    std::atomic<std::uint64_t> heard{0};
    auto subscription = store->subscribe([&](LogIndex applied) { heard = applied.value(); });
    QVERIFY(putAndWait(*store, "s/a", "1").has_value());
    QCOMPARE(heard.load(), 1u);
    subscription.reset();
    QVERIFY(putAndWait(*store, "s/a", "2").has_value());
    QCOMPARE(heard.load(), 1u);
}

void TestStore::keysOfLeavesAreFound()
{
    QFETCH(bool, isOnDisk);
    m_isOnDisk = isOnDisk;
    const auto store = open();
    const auto first = operationOf("s/logical/u/a", "1");
    QVERIFY(putAndWait(*store, first.key, "1").has_value());
    QCOMPARE(**store->keyOf("s/logical/u", first.keyHash), first.key);
    QVERIFY(!*store->keyOf("s/logical/v", first.keyHash));
    QVERIFY(!*store->keyOf("s/logical/u", operationOf("s/logical/u/b", "1").keyHash));
    auto transaction = store->begin();
    erase(transaction, first.key);
    QVERIFY(store->commitAndWait(std::move(transaction)).has_value());
    QVERIFY(!*store->keyOf("s/logical/u", first.keyHash));
    QVERIFY(store->checkpoint().has_value());
    QVERIFY(putAndWait(*store, first.key, "2").has_value());
    QCOMPARE(**store->keyOf("s/logical/u", first.keyHash), first.key);
}

void TestStore::reopensAsItWas_data()
{
    QTest::addColumn<bool>("hasCheckpoint");
    QTest::newRow("clean") << true;
    QTest::newRow("with more after the checkpoint") << false;
}

void TestStore::reopensAsItWas()
{
    QFETCH(bool, hasCheckpoint);
    m_isOnDisk = true;
    Contents expected;
    std::string logId;
    for (int round = 0; round < 4; ++round) {
        const auto store = open();
        QCOMPARE(contentsOf(store->reader()), expected);
        QCOMPARE(store->forest().root({}), rootOf(expected));
        if (round > 0) {
            QCOMPARE(store->logId(), logId);
            COMPARE_PLAIN(store->appliedIndex(), LogIndex{static_cast<std::uint64_t>(round) * 50});
            COMPARE_PLAIN(store->lastSharedIndex(), store->appliedIndex());
            QVERIFY(store->oldestIndex() == LogIndex{1});
            QCOMPARE(store->read(LogIndex{1}, 1u << 30)->size(), static_cast<std::size_t>(round) * 50);
        }
        logId = store->logId();
        for (int number = 0; number < 50; ++number) {
            if (number == 30 && !hasCheckpoint) QVERIFY(store->checkpoint().has_value());
            const std::string key = "s/logical/u/" + std::to_string((round * 31 + number) % 70);
            expected[key] = std::to_string(round);
            QVERIFY(putAndWait(*store, key, std::to_string(round)).has_value());
        }
        if (hasCheckpoint) store->stop();
    }
}

void TestStore::replacesContents()
{
    QFETCH(bool, isOnDisk);
    m_isOnDisk = isOnDisk;
    auto store = open();
    for (const char* key : {"s/a", "s/logical/u/x", "l/b", "i/kept", "i/gone"}) QVERIFY(putAndWait(*store, key, "old").has_value());
    const auto idBefore = store->logId();
    auto begunBefore = store->begin();
    put(begunBefore, "s/late", "x");

    QVERIFY(store->replaceContents([](std::string_view key) { return key == "i/kept"; }, {operationOf("s/new", "n"), operationOf("i/role", "r")})
                .has_value());
    const Contents expected{{"i/kept", "old"}, {"i/role", "r"}, {"s/new", "n"}};
    QCOMPARE(contentsOf(store->reader()), expected);
    QCOMPARE(store->forest().root({}), rootOf(expected));
    QVERIFY(store->logId() != idBefore);
    COMPARE_PLAIN(store->oldestIndex(), store->appliedIndex().next());
    QVERIFY(store->read(store->oldestIndex(), 1000)->empty());
    COMPARE_PLAIN(store->read(LogIndex{1}, 1000).error().code, ErrorCode::NotFound);
    COMPARE_PLAIN(store->commitAndWait(std::move(begunBefore)).error().code, ErrorCode::Conflict);
    QVERIFY(putAndWait(*store, "s/after", "1").has_value());
    QCOMPARE(store->read(store->oldestIndex(), 1000)->size(), std::size_t{1});
    if (!isOnDisk) return;

    const auto idAfter = store->logId();
    const auto oldest = store->oldestIndex();
    store.reset();
    store = open();
    auto expectedAfter = expected;
    expectedAfter["s/after"] = "1";
    QCOMPARE(contentsOf(store->reader()), expectedAfter);
    QCOMPARE(store->forest().root({}), rootOf(expectedAfter));
    QCOMPARE(store->logId(), idAfter);
    COMPARE_PLAIN(store->oldestIndex(), oldest);
}

/// A server that was started and never initialised must not take disk space. The test looks at the first segment, the prepared one, and a store that
/// is opened and stopped again and again.
void TestStore::takesNoRoomBeforeTheFirstWrite()
{
    m_isOnDisk = true;
    const auto segments = [this] {
        return QDir{m_folder->path()}.entryList({QStringLiteral("*.log")}, QDir::Files).size() +
               QDir{m_folder->path() + "/log"}.entryList({QStringLiteral("*.log")}, QDir::Files).size();
    };
    for (int start = 0; start < 3; ++start) {
        const auto store = open();
        QVERIFY(store->checkpoint().has_value());
        store->stop();
        QCOMPARE(segments(), qsizetype{0});
    }
    const auto store = open();
    COMPARE_PLAIN(*putAndWait(*store, "s/a", "1"), LogIndex{1});
    QVERIFY(segments() > 0);
    COMPARE_PLAIN(store->oldestIndex(), LogIndex{1});
    QTRY_VERIFY(segments() > 1); // from now on the next one is prepared
    store->stop();
}

void TestStore::stoppingFinishesWhatIsQueued()
{
    const auto store = open();
    std::atomic<int> completed{0};
    class Inline final : public Executor {
    public:
        void post(Task task) override { task(); }
    } executor;
    for (int number = 0; number < 100; ++number) {
        auto transaction = store->begin();
        put(transaction, "s/" + std::to_string(number), "x");
        store->commit(std::move(transaction), executor, [&](Result<LogIndex> result) { completed += result.has_value(); });
    }
    store->stop();
    QCOMPARE(completed.load(), 100);
    COMPARE_PLAIN(putAndWait(*store, "s/x", "y").error().code, ErrorCode::Unavailable);
}

QTEST_GUILESS_MAIN(TestStore)
#include "tst_store.moc"
