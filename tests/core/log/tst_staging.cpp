#include "core/base/sanitizer.h"
#include "core/log/staging.h"
#include "core/storage/leveldb_engine.h"
#include "tests/core/log/faulty_disk.h"
#include "tests/core/log/store_fixture.h"

#include <QTemporaryDir>

#include <atomic>
#include <thread>

using namespace core;
using namespace core::log;
using namespace testing_log;

// Contents that replace others: what a reader, the log and the forest see. tst_crash shows what a crash leaves at each point; its workload also
// restores.

namespace {

struct Fixture {
    Fixture()
    {
        Store::Options options;
        options.directory = "log";
        options.segmentBytes = 64u << 10;
        store = valueOf(Store::open(std::make_unique<VolatileEngine>(engine, power), files, clock, random, options), "open");
    }

    SeededRandom random{7};
    SystemClock clock;
    Power power;
    FaultyFileSystem files{power};
    std::shared_ptr<VolatileEngine::State> engine = std::make_shared<VolatileEngine::State>();
    std::unique_ptr<Store> store;
};

Contents staged(int count, const std::string& value)
{
    Contents out;
    for (int n = 0; n < count; ++n) out.emplace((n % 2 == 0 ? "s/logical/u/" : "l/auth/v/") + std::to_string(n), value + std::to_string(n));
    return out;
}

void stageAll(Staging& staging, const Contents& contents)
{
    for (const auto& [key, value] : contents) {
        if (!staging.add(operationOf(key, value))) qFatal("add");
    }
}

} // namespace

class TestStaging : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void nothingIsSeenUntilItIsPlaced();
    void replacesOnlyTheClassesThatAreNamed();
    void keepsWhatIsPresentAtThatMoment();
    void refusesKeysThatAreNotStaged_data();
    void refusesKeysThatAreNotStaged();
    void whatIsGivenUpLeavesNothing();
    void theLogBeginsAgain();
    void readersSeeOneOrTheOther();
    void aFailingStorageFinishesLater();
    void takesNoMemoryForTheContents();
};

void TestStaging::nothingIsSeenUntilItIsPlaced()
{
    Fixture fixture;
    for (const auto* key : {"s/a", "l/b", "i/c"}) QVERIFY(putAndWait(*fixture.store, key, "old").has_value());
    const auto before = contentsOf(fixture.store->reader());
    auto staging = valueOf(stageInto(*fixture.store), "stage");
    const auto next = staged(20'000, std::string(300, 'x')); // needs more than one record
    stageAll(*staging, next);
    QVERIFY(contentsOf(fixture.store->reader()) == before);
    QCOMPARE(fixture.store->forest().root({}), rootOf(before));
    QVERIFY(putAndWait(*fixture.store, "s/between", "x").has_value());

    QVERIFY(staging->place({}).has_value());
    auto after = next;
    after["i/c"] = "old";
    QVERIFY(contentsOf(fixture.store->reader()) == after);
    QCOMPARE(fixture.store->forest().root({}), rootOf(after));
    for (const auto& [key, value] : next) {
        QVERIFY(*valueOf(fixture.store->keyOf(merkle::treeOf(key), operationOf(key, value).keyHash), "keyOf") == key);
        if (key > "l/auth/v/1200") break;
    }
    QVERIFY(putAndWait(*fixture.store, "s/later", "x").has_value());
}

void TestStaging::replacesOnlyTheClassesThatAreNamed()
{
    Fixture fixture;
    for (const auto* key : {"s/a", "s/logical/u/9", "l/b", "l/auth/v/9", "i/c"}) QVERIFY(putAndWait(*fixture.store, key, "old").has_value());
    auto staging = valueOf(stageInto(*fixture.store), "stage");
    QVERIFY(staging->add(operationOf("l/auth/v/1", "new")).has_value());
    Placing placing;
    placing.classes = "l";
    QVERIFY(staging->place(placing).has_value());
    const Contents after{{"s/a", "old"}, {"s/logical/u/9", "old"}, {"l/auth/v/1", "new"}, {"i/c", "old"}};
    QCOMPARE(contentsOf(fixture.store->reader()), after);
    QCOMPARE(fixture.store->forest().root({}), rootOf(after));
}

void TestStaging::keepsWhatIsPresentAtThatMoment()
{
    Fixture fixture;
    QVERIFY(putAndWait(*fixture.store, "s/keyring", "1").has_value());
    QVERIFY(putAndWait(*fixture.store, "i/kept", "1").has_value());
    auto staging = valueOf(stageInto(*fixture.store), "stage");
    for (const auto* key : {"s/keyring", "s/absent", "s/other"}) QVERIFY(staging->add(operationOf(key, "snapshot")).has_value());
    // A key that is written while contents are staged counts too.
    QVERIFY(putAndWait(*fixture.store, "s/keyring", "2").has_value());
    QVERIFY(putAndWait(*fixture.store, "i/kept", "2").has_value());
    Placing placing;
    placing.present = {{"s/keyring", operationOf("s/keyring", {}).keyHash}, {"s/absent", operationOf("s/absent", {}).keyHash}};
    QVERIFY(staging->place(placing).has_value());
    const Contents after{{"s/keyring", "2"}, {"s/absent", "snapshot"}, {"s/other", "snapshot"}, {"i/kept", "2"}};
    QCOMPARE(contentsOf(fixture.store->reader()), after);
    QCOMPARE(fixture.store->forest().root({}), rootOf(after));
}

void TestStaging::refusesKeysThatAreNotStaged_data()
{
    QTest::addColumn<QString>("key");
    for (const char* key : {"i/a", "x/a", "m/applied", "s/", "s", "", "sa", "q/a"}) QTest::newRow(key) << QString{key};
}

void TestStaging::refusesKeysThatAreNotStaged()
{
    QFETCH(QString, key);
    Fixture fixture;
    auto staging = valueOf(stageInto(*fixture.store), "stage");
    auto operation = operationOf("s/a", "v");
    operation.key = key.toStdString();
    QVERIFY(!staging->add(operation));
    // A transaction cannot write to staged contents.
    auto transaction = fixture.store->begin();
    operation.key = "x/0011223344556677/s/a";
    transaction.put(operation);
    COMPARE_PLAIN(fixture.store->commitAndWait(std::move(transaction)).error().code, ErrorCode::InvalidArgument);
}

void TestStaging::whatIsGivenUpLeavesNothing()
{
    Fixture fixture;
    QVERIFY(putAndWait(*fixture.store, "s/a", "old").has_value());
    {
        auto staging = valueOf(stageInto(*fixture.store), "stage");
        stageAll(*staging, staged(20'000, std::string(300, 'x')));
    }
    QCOMPARE(contentsOf(fixture.store->reader()), (Contents{{"s/a", "old"}}));
    int left = 0;
    QVERIFY(fixture.store->reader().scan("x/", "x0", [&left](std::string_view, std::string_view) { return ++left > 0; }).has_value());
    QCOMPARE(left, 0);
}

void TestStaging::theLogBeginsAgain()
{
    Fixture fixture;
    QVERIFY(putAndWait(*fixture.store, "s/a", "old").has_value());
    const auto logId = fixture.store->logId();
    auto late = fixture.store->begin();
    QVERIFY(late.get("s/a").has_value());
    put(late, "s/b", "late");
    auto staging = valueOf(stageInto(*fixture.store), "stage");
    QVERIFY(staging->add(operationOf("s/a", "new")).has_value());
    QVERIFY(staging->place({}).has_value());
    QVERIFY(fixture.store->logId() != logId); // so a cluster that follows this log must compare, and gets no older records
    QCOMPARE(fixture.store->oldestIndex().value(), fixture.store->appliedIndex().value() + 1);
    COMPARE_PLAIN(fixture.store->commitAndWait(std::move(late)).error().code, ErrorCode::Conflict);
    auto again = valueOf(stageInto(*fixture.store), "stage");
    QVERIFY(again->add(operationOf("s/a", "newer")).has_value());
    QVERIFY(again->place({}).has_value());
    QCOMPARE(contentsOf(fixture.store->reader()), (Contents{{"s/a", "newer"}}));
}

void TestStaging::readersSeeOneOrTheOther()
{
    Fixture fixture;
    const auto before = staged(400, "old");
    for (const auto& [key, value] : before) QVERIFY(putAndWait(*fixture.store, key, value).has_value());
    const auto after = staged(400, "new");
    std::atomic<bool> isOver{false};
    std::atomic<int> mixtures{0}, reads{0};
    std::vector<std::thread> readers;
    for (int n = 0; n < 3; ++n) {
        readers.emplace_back([&, n] {
            while (!isOver) {
                Contents seen;
                const auto taken = n == 2 ? fixture.store->snapshot() : nullptr;
                const auto& reader = taken ? *taken : fixture.store->reader();
                for (const std::string_view range : {"l/", "s/"}) { // one scan each: only a snapshot shows both at one moment
                    Contents part;
                    (void)reader.scan(range, storage::endOfPrefix(range), [&part](std::string_view key, std::string_view value) {
                        part.emplace(key, value);
                        return true;
                    });
                    if (part.size() != 200) ++mixtures;
                    const auto first = part.empty() ? std::string{} : part.begin()->second.substr(0, 3);
                    for (const auto& [key, value] : part) mixtures += value.starts_with(first) ? 0 : 1;
                    if (n == 2) seen.merge(part);
                }
                for (const auto& [key, value] : seen) mixtures += value.substr(0, 3) == seen.begin()->second.substr(0, 3) ? 0 : 1;
                const auto one = fixture.store->reader().get("s/logical/u/0");
                if (!one || !*one) ++mixtures;
                ++reads;
            }
        });
    }
    for (int round = 0; round < 20; ++round) {
        auto staging = valueOf(stageInto(*fixture.store), "stage");
        stageAll(*staging, round % 2 == 0 ? after : before);
        QVERIFY(staging->place({}).has_value());
    }
    isOver = true;
    for (auto& reader : readers) reader.join();
    QVERIFY(reads > 0);
    QCOMPARE(mixtures.load(), 0);
}

void TestStaging::aFailingStorageFinishesLater()
{
    // The storage fails at each step in turn, and stays broken for a while. Afterwards either the old contents are there, or the new ones come in the
    // end.
    bool isOver = false;
    for (std::uint64_t fail = 1; !isOver; ++fail) {
        Fixture fixture;
        const auto before = staged(40, "old");
        for (const auto& [key, value] : before) QVERIFY(putAndWait(*fixture.store, key, value).has_value());
        auto staging = valueOf(stageInto(*fixture.store), "stage");
        const auto after = staged(40, "new");
        stageAll(*staging, after);
        fixture.power.cutAfter(fail); // from here on nothing works until restore()
        const auto placed = staging->place({});
        isOver = !fixture.power.isOff();
        fixture.power.restore();
        fixture.engine->isFailed = false;
        QVERIFY2(fixture.store->recover().has_value(), qPrintable(QString::number(fail)));
        const auto seen = contentsOf(fixture.store->reader());
        QVERIFY2(seen == (placed ? after : before), qPrintable(QString::number(fail)));
        QCOMPARE(fixture.store->forest().root({}), rootOf(seen));
        QVERIFY(putAndWait(*fixture.store, "s/later", "x").has_value());
    }
}

void TestStaging::takesNoMemoryForTheContents()
{
    Fixture fixture;
    const auto residentBytes = [] {
        QFile status{QStringLiteral("/proc/self/statm")};
        if (!status.open(QIODevice::ReadOnly)) qFatal("statm");
        const auto words = status.readAll().split(' ');
        return (words.at(1).toLongLong() - words.at(2).toLongLong()) * 4096; // without cached pages of files
    };
    QTemporaryDir folder;
    PosixFileSystem files;
    Store::Options options;
    options.directory = (folder.path() + "/log").toStdString();
    options.segmentBytes = 1u << 20;
    options.retentionBytes = options.unclaimedBytes = 4u << 20;
    options.checkpointBytes = 4u << 20;
    auto engine = valueOf(storage::LevelDbEngine::open({.directory = (folder.path() + "/db").toStdString(), .cacheBytes = 1u << 20}), "leveldb");
    auto store = valueOf(Store::open(std::move(engine), files, fixture.clock, fixture.random, options), "open");
    auto staging = valueOf(stageInto(*store), "stage");
    const auto before = residentBytes();
    constexpr int kCount = 2000;
    for (int n = 0; n < kCount; ++n) {
        const auto key = "s/logical/u/" + std::to_string(n);
        QVERIFY(staging->add(operationOf(key, std::string(60'000, static_cast<char>('a' + n % 26)))).has_value()); // 120 MB in all
    }
    QVERIFY(staging->place({}).has_value());
    const auto taken = residentBytes() - before;
    if (!HOLDFAST_HAS_SANITIZER) QVERIFY2(taken < 70'000'000, qPrintable(QString::number(taken))); // a sanitizer needs memory of its own
    QCOMPARE(store->forest().leafCount(), std::uint64_t{kCount});
    QVERIFY(store->reader().get("s/logical/u/1999")->has_value());
    store->stop();
}

QTEST_APPLESS_MAIN(TestStaging)
#include "tst_staging.moc"
