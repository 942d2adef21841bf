#include "core/log/file_system.h"
#include "core/merkle/tree.h"
#include "core/replication/forest_keeper.h"
#include "core/storage/memory_engine.h"
#include "tests/core/compare_plain.h"
#include "tests/core/log/faulty_disk.h"
#include "tests/core/replication/link_world.h"

#include <QtTest>

#include <thread>

namespace core::merkle {

/// Damages digests in memory, which nothing but broken memory does.
struct ForestTamper {
    static void spoilPage(const Forest& forest, std::string_view tree, std::uint32_t page)
    {
        auto& damaged = const_cast<Forest&>(forest);
        WriteLock lock{damaged.m_mutex};
        auto& held = *damaged.m_trees.find(tree)->second;
        held.m_pages[page].digest[3] ^= 0x40;
        held.m_digest[3] ^= 0x40;
    }
};

} // namespace core::merkle

using namespace core;
using namespace core::replication;
using testing::TestHasher;
using testing_log::FaultyFileSystem;

namespace {

constexpr const char* kMount = "s/logical/11111111-2222-3333-4444-555555555555";

/// A store of this process on an engine that the test can reach behind its back.
class Damageable {
public:
    Damageable()
    {
        auto owned = std::make_unique<storage::MemoryEngine>();
        engine = owned.get();
        log::Store::Options options;
        options.directory = "log";
        options.checkpointInterval = std::chrono::hours{1};
        auto opened = log::Store::open(std::move(owned), m_files, clock, m_random, options);
        if (!opened) qFatal("open: %s", toString(opened.error()).c_str());
        store = std::move(*opened);
    }
    void put(const std::string& key, const std::string& value)
    {
        auto transaction = store->begin();
        transaction.put(operationOf(key, value));
        if (!store->commitAndWait(std::move(transaction))) qFatal("commit");
    }
    void fill(int count, const std::string& prefix)
    {
        auto transaction = store->begin();
        for (int number = 0; number < count; ++number) transaction.put(operationOf(prefix + std::to_string(number), "value"));
        if (!store->commitAndWait(std::move(transaction))) qFatal("commit");
    }
    /// Changes what is stored without anybody noticing.
    void spoil(const std::string& key, std::optional<std::string> value)
    {
        storage::Batch batch;
        if (value) batch.put(key, *value);
        else batch.erase(key);
        if (!engine->apply(batch)) qFatal("apply");
    }
    ForestReport compare(ForestComparison::Options options = {})
    {
        ForestComparison comparison{*store, hasher, std::move(options), progress, {}};
        auto report = comparison.run();
        if (!report) qFatal("compare: %s", toString(report.error()).c_str());
        return std::move(*report);
    }
    std::optional<std::string> valueOf(const std::string& key) const { return *store->reader().get(key); }
    log::Operation operationOf(const std::string& key, const std::string& value) const
    {
        const auto hash = hasher.keyHash(key);
        return {log::OperationKind::Put, key, value, hash, hasher.leafDigest(hash, value)};
    }
    /// The root that the stored values give.
    std::string rootOfStored() const
    {
        merkle::Forest forest;
        const auto scanned = store->reader().scan({}, {}, [&](std::string_view key, std::string_view value) {
            const auto tree = merkle::treeOf(key);
            if (tree.empty()) return true;
            const auto hash = hasher.keyHash(key);
            const merkle::Forest::Change change{tree, hash, hasher.leafDigest(hash, value)};
            forest.apply({&change, 1}, LogIndex{1});
            return true;
        });
        if (!scanned) qFatal("scan");
        return forest.root({});
    }

    FakeClock clock;
    TestHasher hasher;
    ForestProgress progress;
    storage::MemoryEngine* engine = nullptr;

private:
    testing_log::Power m_power;
    FaultyFileSystem m_files{m_power};
    OsRandom m_random;

public:
    std::unique_ptr<log::Store> store; // last: it uses what stands above
};

const merkle::TreeFilter kAll = [](std::string_view) { return true; };

} // namespace

/// Storage against forest: what is found, what is repaired, and that traffic is never taken for damage.
class TestForestComparison : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void soundStoresAreClean_data();
    void soundStoresAreClean();
    void damageIsFoundAndRepaired_data();
    void damageIsFoundAndRepaired();
    void treesThatOnlyTheStorageHasAreFound();
    void spoiltSumsAreTakenAnew();
    void trafficIsNoDamage();
    void damagedValuesComeAgainFromThePrimary();
    void damagedValuesAreNotSent();
    void goesOnBehindATree();
    void keepsToTheRateAndCanBeCancelled();
    void standsBackWhileOthersWrite_data();
    void standsBackWhileOthersWrite();
    void repaysEachCommitUpToABound();
    void endsWhenTheContentsAreReplaced();
    void keeperGoesOnAfterARestart();
    void keeperReportsAsTheSpecHasIt();
};

void TestForestComparison::soundStoresAreClean_data()
{
    QTest::addColumn<int>("count");
    QTest::addColumn<bool>("isByLeaf");
    for (const int count : {0, 10, 3000}) {
        QTest::addRow("%d keys", count) << count << false;
        QTest::addRow("%d keys, by leaf", count) << count << true;
    }
}

void TestForestComparison::soundStoresAreClean()
{
    QFETCH(int, count);
    QFETCH(bool, isByLeaf);
    Damageable world;
    world.fill(count, std::string{kMount} + "/data/");
    world.fill(count, "s/core/policy/");
    world.fill(count, "l/sys/token/");
    world.fill(3, "i/own/");
    ForestComparison::Options options;
    options.isByLeaf = isByLeaf;
    options.portionLeaves = 100;
    options.repair = ForestComparison::Repair::ByStorage;
    const auto before = world.store->appliedIndex();
    const auto report = world.compare(options);
    QVERIFY(report.isClean());
    QCOMPARE(report.keyCount, static_cast<std::uint64_t>(count) * 3);
    QCOMPARE(report.pagesDifferent, std::uint64_t{0});
    QCOMPARE(world.progress.keysDone.load(), report.keyCount);
    QCOMPARE(world.progress.keysTotal.load(), report.keyCount);
    QCOMPARE(world.store->appliedIndex().value(), before.value()); // nothing was written
}

void TestForestComparison::damageIsFoundAndRepaired_data()
{
    QTest::addColumn<QString>("damage"); // replaced, vanished, appeared, unreadable
    QTest::addColumn<int>("repair");     // of ForestComparison::Repair
    QTest::addColumn<bool>("canFetch");
    QTest::addColumn<bool>("isRepaired");
    QTest::addColumn<bool>("followsStorage"); // forest and storage agree afterwards
    using Repair = ForestComparison::Repair;
    const auto row = [](const char* name, const char* damage, Repair repair, bool canFetch, bool isRepaired, bool followsStorage) {
        QTest::newRow(name) << QString::fromLatin1(damage) << static_cast<int>(repair) << canFetch << isRepaired << followsStorage;
    };
    row("replaced, reported", "replaced", Repair::None, true, false, false);
    row("replaced, primary", "replaced", Repair::Safe, false, true, true);
    row("replaced, secondary", "replaced", Repair::Safe, true, true, true);
    row("appeared, primary", "appeared", Repair::Safe, false, true, true);
    row("vanished, primary", "vanished", Repair::Safe, false, false, false);
    row("vanished, secondary", "vanished", Repair::Safe, true, true, true);
    row("vanished, forced", "vanished", Repair::ByStorage, false, true, true);
    row("unreadable, primary", "unreadable", Repair::Safe, false, false, false);
    row("unreadable, secondary", "unreadable", Repair::Safe, true, true, false); // the forest differs from both, so that it is asked for
    row("unreadable, forced", "unreadable", Repair::ByStorage, false, false, true);
}

void TestForestComparison::damageIsFoundAndRepaired()
{
    QFETCH(QString, damage);
    QFETCH(int, repair);
    QFETCH(bool, canFetch);
    QFETCH(bool, isRepaired);
    QFETCH(bool, followsStorage);
    Damageable world;
    const std::string prefix = std::string{kMount} + "/data/";
    world.fill(2000, prefix);
    world.fill(20, "l/sys/token/");
    std::string key = prefix + "77";
    if (damage == u"replaced") world.spoil(key, "another value");
    if (damage == u"vanished") world.spoil(key, std::nullopt);
    if (damage == u"unreadable") world.spoil(key, "value" + std::string{TestHasher::kDamaged});
    if (damage == u"appeared") world.spoil(key = prefix + "new", "value");
    ForestComparison::Options options;
    options.repair = static_cast<ForestComparison::Repair>(repair);
    if (canFetch) options.canFetch = kAll;
    const auto report = world.compare(options);
    QCOMPARE(report.leaves.size(), std::size_t{1});
    QCOMPARE(report.leaves.front().tree, std::string{kMount});
    QVERIFY(report.leaves.front().hash == world.hasher.keyHash(key));
    QCOMPARE(report.leaves.front().isRepaired, isRepaired);
    QCOMPARE(report.repairedCount, isRepaired ? std::uint64_t{1} : std::uint64_t{0});
    QCOMPARE(report.indexCount, damage == u"replaced" || damage == u"appeared" ? std::uint64_t{1} : std::uint64_t{0});
    QCOMPARE(report.lostCount, damage == u"vanished" ? std::uint64_t{1} : std::uint64_t{0});
    QCOMPARE(report.damagedCount, damage == u"unreadable" ? std::uint64_t{1} : std::uint64_t{0});
    QCOMPARE(report.pagesDifferent, std::uint64_t{1}); // and no other page was looked at
    QCOMPARE(report.shared.leaves.size(), std::size_t{1});
    QVERIFY(report.local.leaves.empty());
    QCOMPARE(world.rootOfStored() == world.store->forest().root({}), followsStorage);
    if (!followsStorage) return;
    const auto again = world.compare();
    QCOMPARE(again.isClean(), damage != u"unreadable");
}

void TestForestComparison::treesThatOnlyTheStorageHasAreFound()
{
    Damageable world;
    world.fill(50, "s/core/policy/");
    for (int number = 0; number < 300; ++number) {
        const auto key = std::string{kMount} + "/data/" + std::to_string(number);
        world.spoil(key, "value");
    }
    ForestComparison::Options options;
    options.repair = ForestComparison::Repair::Safe;
    const auto report = world.compare(options);
    QCOMPARE(report.indexCount, std::uint64_t{300});
    QCOMPARE(report.repairedCount, std::uint64_t{300});
    QCOMPARE(QString::fromStdString(world.store->forest().root({})), QString::fromStdString(world.rootOfStored()));
}

void TestForestComparison::spoiltSumsAreTakenAnew()
{
    Damageable world;
    world.fill(1000, std::string{kMount} + "/data/");
    merkle::ForestTamper::spoilPage(world.store->forest(), kMount, 9);
    auto report = world.compare();
    QCOMPARE(report.unsoundPages, std::uint64_t{1});
    QVERIFY(report.shared.unsoundPages.contains(9));
    QCOMPARE(report.indexCount, std::uint64_t{0});
    ForestComparison::Options options;
    options.repair = ForestComparison::Repair::Safe;
    world.compare(options);
    QVERIFY(world.compare().isClean());
    QCOMPARE(QString::fromStdString(world.store->forest().root({})), QString::fromStdString(world.rootOfStored()));
}

void TestForestComparison::trafficIsNoDamage()
{
    Damageable world;
    const std::string prefix = std::string{kMount} + "/data/";
    world.fill(20'000, prefix);
    world.spoil(prefix + "5", "another value");
    std::atomic<bool> isOver{false};
    std::thread writer{[&] {
        for (int number = 0; !isOver; ++number) {
            auto transaction = world.store->begin();
            for (int at = 0; at < 20; ++at) {
                const auto key = prefix + std::to_string(10 + (number * 37 + at * 101) % 25'000);
                if (number % 3 == 0) transaction.erase({log::OperationKind::Delete, key, {}, world.hasher.keyHash(key), {}});
                else transaction.put(world.operationOf(key, "value " + std::to_string(number)));
            }
            if (!world.store->commitAndWait(std::move(transaction))) qFatal("commit");
        }
    }};
    for (const bool isByLeaf : {false, true}) {
        ForestComparison::Options options;
        options.isByLeaf = isByLeaf; // then every leaf that was written meanwhile is a suspect
        const auto report = world.compare(options);
        QCOMPARE(report.indexCount, std::uint64_t{1});
        QCOMPARE(report.damagedCount + report.lostCount, std::uint64_t{0});
    }
    ForestComparison::Options options;
    options.repair = ForestComparison::Repair::Safe;
    QCOMPARE(world.compare(options).repairedCount, std::uint64_t{1});
    isOver = true;
    writer.join();
    QVERIFY(world.compare().isClean());
}

void TestForestComparison::damagedValuesComeAgainFromThePrimary()
{
    testing::LinkWorld world{Type::Dr, 3};
    for (int number = 0; number < 500; ++number) {
        world.primary.write({world.primary.put("l/logical/three/" + std::to_string(number), "value " + std::to_string(number))});
    }
    QVERIFY(world.settle());
    TestHasher hasher;
    ForestProgress progress;
    const auto scrub = [&] {
        ForestComparison::Options options;
        options.repair = ForestComparison::Repair::Safe;
        options.canFetch = kAll;
        auto report = ForestComparison{world.secondary, hasher, options, progress, {}}.run();
        return report.value_or(ForestReport{});
    };
    world.secondary.spoil("l/logical/three/7", "value 7" + std::string{TestHasher::kDamaged});
    world.secondary.spoil("l/logical/three/8", std::nullopt);
    const auto report = scrub();
    QCOMPARE(report.damagedCount, std::uint64_t{1});
    QCOMPARE(report.lostCount, std::uint64_t{1});
    QCOMPARE(report.repairedCount, std::uint64_t{2});
    const auto sent = world.bytesToSecondary;
    QVERIFY(world.settle());
    QVERIFY(world.areContentsEqual());
    QVERIFY(scrub().isClean());
    QVERIFY2(world.bytesToSecondary - sent < 20'000, "two values were missing, not 500"); // heartbeats and markers among it
}

void TestForestComparison::damagedValuesAreNotSent()
{
    testing::LinkWorld world{Type::Performance, 4};
    for (int number = 0; number < 20; ++number) world.primary.write({world.primary.put("s/logical/one/" + std::to_string(number), "value")});
    world.primary.spoil("s/logical/one/3", "value" + std::string{TestHasher::kDamaged});
    world.connect();
    for (int step = 0; step < 20; ++step) {
        world.deliverToPrimary(1u << 20);
        world.deliverToSecondary(1u << 20);
        world.beginApply();
        world.finishApply();
    }
    QCOMPARE(world.secondary.values().count("s/logical/one/4"), std::size_t{1});
    QCOMPARE(world.secondary.values().count("s/logical/one/3"), std::size_t{0});
}

void TestForestComparison::goesOnBehindATree()
{
    Damageable world;
    for (const char* mount : {"a", "b", "c", "d"}) world.fill(400, std::string{"s/logical/"} + mount + "/");
    world.spoil("s/logical/a/1", "another value");
    world.spoil("s/logical/d/1", "another value");
    ForestComparison::Options options;
    options.portionLeaves = 500; // one tree each
    std::vector<std::string> finished;
    {
        ForestComparison comparison{*world.store, world.hasher, options, world.progress,
                                    {[&] { return finished.size() == 2; }, [&](const std::string& tree) { finished.push_back(tree); }, {}}};
        COMPARE_PLAIN(comparison.run().error().code, ErrorCode::Cancelled);
    }
    QCOMPARE(finished.back(), std::string{"s/logical/b"});
    options.behind = finished.back();
    const auto report = world.compare(options);
    QCOMPARE(report.indexCount, std::uint64_t{1});
    QCOMPARE(report.leaves.front().tree, std::string{"s/logical/d"});
    QCOMPARE(report.keyCount, std::uint64_t{800});
}

void TestForestComparison::keepsToTheRateAndCanBeCancelled()
{
    Damageable world;
    world.fill(5000, std::string{kMount} + "/data/");
    ForestKeeper keeper{{*world.store, world.hasher, world.clock, {}}};
    keeper.start();
    QCOMPARE(keeper.cancelScrub().status, 400);
    ForestKeeper::ScrubOptions options;
    options.keysPerSecondMax = 10; // 512 keys take most of a minute
    QVERIFY(!keeper.startScrub(options).isError);
    QCOMPARE(keeper.startScrub(options).status, 400);
    QCOMPARE(keeper.reindex({}).status, 400);
    QTRY_VERIFY(keeper.scrubStatus().data->at("keys_done").as_uint64() > 0);
    const auto status = *keeper.scrubStatus().data;
    QVERIFY(status.at("in_progress").as_bool());
    QCOMPARE(status.at("keys_done").as_uint64(), std::uint64_t{512}); // the pace holds it there
    QCOMPARE(status.at("keys_total").as_uint64(), std::uint64_t{5000});
    QVERIFY(status.at("seconds_left").is_null()); // this clock stands still, so there is no rate to tell it by
    QVERIFY(!keeper.cancelScrub().isError);
    QTRY_VERIFY(!keeper.isRunning());
    const auto after = *keeper.scrubStatus().data;
    QCOMPARE(after.at("last").at("outcome").as_string(), "cancelled");
    // A restart does not take up what was cancelled.
    keeper.stop();
    keeper.start();
    QVERIFY(!keeper.isRunning());
}

namespace {

/// Each look at it finds a millisecond gone.
class TickingClock final : public Clock {
public:
    WallTime now() const override { return WallTime{}; }
    SteadyTime steadyNow() const override { return SteadyTime{m_passed += std::chrono::milliseconds{1}}; }
    void advance(std::chrono::milliseconds by) { m_passed += by; }

private:
    mutable std::chrono::nanoseconds m_passed{0};
};

/// Waits on that clock, and notes how long.
class CountingPause final : public Background {
public:
    explicit CountingPause(TickingClock& clock) : m_clock{clock} {}
    void post(Task task) override { task(); }
    void waitUntilIdle() override {}
    void stop() override {}
    void pause(std::chrono::milliseconds duration) override
    {
        m_clock.advance(duration);
        total += duration;
        longest = std::max(longest, duration);
    }
    std::chrono::milliseconds total{0}, longest{0};

private:
    TickingClock& m_clock;
};

/// Computes leaves, and has others write meanwhile.
class DisturbedHasher final : public LeafHasher {
public:
    DisturbedHasher(Damageable& world, int every) : m_world{world}, m_every{every} {}
    merkle::KeyHash keyHash(std::string_view key) const override
    {
        if (m_every > 0 && ++m_count % m_every == 0) m_world.put("l/sys/token/" + std::to_string(m_count % 7), std::to_string(m_count));
        return m_world.hasher.keyHash(key);
    }
    merkle::LeafDigest leafDigest(const merkle::KeyHash& hash, std::string_view value) const override { return m_world.hasher.leafDigest(hash, value); }
    bool isAuthentic(std::string_view key, std::string_view value) const override { return m_world.hasher.isAuthentic(key, value); }

private:
    Damageable& m_world;
    const int m_every;
    mutable int m_count = 0;
};

} // namespace

void TestForestComparison::standsBackWhileOthersWrite_data()
{
    QTest::addColumn<int>("every"); // key that is read, a commit
    QTest::newRow("idle") << 0;
    QTest::newRow("busy") << 50;
}

void TestForestComparison::standsBackWhileOthersWrite()
{
    QFETCH(int, every);
    Damageable world;
    world.fill(5000, std::string{kMount} + "/data/");
    const DisturbedHasher hasher{world, every};
    TickingClock clock;
    CountingPause background{clock};
    ForestKeeper keeper{{*world.store, hasher, clock, {}, &background}};
    const auto response = keeper.merkleCheck();
    QVERIFY(!response.isError);
    QVERIFY(response.data->at("merkle_corruption_report").at("corrupted_tree_map").at("1").at("corrupted_index_tuples_map").is_null());
    QCOMPARE(background.total.count() > 0, every > 0);
    QVERIFY(background.longest <= std::chrono::milliseconds{50});
}

void TestForestComparison::repaysEachCommitUpToABound()
{
    using std::chrono::milliseconds;
    Damageable world;
    milliseconds paused{0};
    const auto pauseOf = [&](JobPace& pace, std::uint64_t keys) {
        paused = {};
        while (pace.hold(keys)) {}
        return paused.count();
    };
    const auto pause = [&](milliseconds duration) {
        paused += duration;
        world.clock.advance(duration);
    };
    JobPace pace{*world.store, world.clock, pause, {.pausePerCommit = milliseconds{2}, .pauseRatioMax = 10}};
    const auto work = [&](milliseconds time, int commits) {
        world.clock.advance(time);
        for (int number = 0; number < commits; ++number) world.put("s/core/x", std::to_string(number));
        return pauseOf(pace, 0);
    };
    QCOMPARE(work(milliseconds{100}, 0), 0);
    QCOMPARE(work(milliseconds{100}, 3), 6);
    QCOMPARE(work(milliseconds{100}, 0), 0); // what went by before has been repaid
    QCOMPARE(work(milliseconds{1}, 30), 10);
    QCOMPARE(work(milliseconds{0}, 30), 0); // no time at all has nothing to repay

    JobPace rated{*world.store, world.clock, pause, {.keysPerSecondMax = 1000}};
    QCOMPARE(pauseOf(rated, 500), 500);
    QCOMPARE(pauseOf(rated, 700), 200);
    world.clock.advance(milliseconds{1000});
    QCOMPARE(pauseOf(rated, 1000), 0);
}

void TestForestComparison::endsWhenTheContentsAreReplaced()
{
    Damageable world;
    world.fill(5000, std::string{kMount} + "/data/");
    bool isReplaced = false;
    ForestComparison::Options options;
    options.repair = ForestComparison::Repair::ByStorage;
    ForestComparison comparison{*world.store, world.hasher, options, world.progress, {[&] {
        if (std::exchange(isReplaced, true)) return false;
        if (!world.store->replaceContents([](std::string_view) { return false; }, {})) qFatal("replace");
        return false;
    }, {}, {}}};
    COMPARE_PLAIN(comparison.run().error().code, ErrorCode::Conflict);
    QVERIFY(!world.valueOf(std::string{kMount} + "/data/1"));
}

void TestForestComparison::keeperGoesOnAfterARestart()
{
    Damageable world;
    const std::string prefix = std::string{kMount} + "/data/";
    world.fill(3000, prefix);
    world.spoil(prefix + "5", "another value");
    boost::json::object status;
    {
        ForestKeeper keeper{{*world.store, world.hasher, world.clock, {}}};
        keeper.start();
        ForestKeeper::ScrubOptions slow;
        slow.keysPerSecondMax = 10;
        QVERIFY(!keeper.startScrub(slow).isError);
        keeper.stop(); // sealed, say
    }
    QVERIFY(world.valueOf("i/core/replication/forest")->find("\"job\"") != std::string::npos);
    {
        ForestKeeper keeper{{*world.store, world.hasher, world.clock, {}}};
        keeper.start();
        QVERIFY(keeper.isRunning());
        QCOMPARE(keeper.scrubStatus().data->at("keys_per_second_max").as_uint64(), std::uint64_t{10});
        QVERIFY(!keeper.cancelScrub().isError);
        QTRY_VERIFY(!keeper.isRunning());
        world.clock.advance(std::chrono::seconds{100});
        ForestKeeper::ReindexOptions options;
        options.isByStorage = true;
        const auto response = keeper.reindex(options);
        QVERIFY(!response.isError && response.warnings.size() == 1);
        QTRY_VERIFY(!keeper.isRunning());
    }
    QCOMPARE(QString::fromStdString(world.store->forest().root({})), QString::fromStdString(world.rootOfStored()));
    ForestKeeper keeper{{*world.store, world.hasher, world.clock, {}}};
    keeper.start();
    QVERIFY(!keeper.isRunning());
    keeper.describe(Type::Performance, status);
    QCOMPARE(status.at("last_reindex_epoch").as_string(), "1700000100");
    QCOMPARE(status.at("corrupted_merkle_tree").as_bool(), false);
    QVERIFY(!status.contains("reindex_in_progress"));
}

void TestForestComparison::keeperReportsAsTheSpecHasIt()
{
    Damageable world;
    const std::string prefix = std::string{kMount} + "/data/";
    world.fill(1000, prefix);
    world.fill(10, "l/sys/token/");
    ForestKeeper keeper{{*world.store, world.hasher, world.clock, {}}};
    keeper.start();
    boost::json::object status;
    keeper.describe(Type::Dr, status);
    QCOMPARE(status.at("last_corruption_check_epoch").as_string(), "-62135596800");
    {
        const auto report = keeper.merkleCheck().data->at("merkle_corruption_report");
        QCOMPARE(report.at("corrupted_root").as_bool(), false);
        QVERIFY(report.at("corrupted_tree_map").at("1").at("corrupted_index_tuples_map").is_null());
        QVERIFY(report.at("corrupted_tree_map").at("2").at("corrupted_index_tuples_map").is_null());
        QCOMPARE(report.at("corrupted_tree_map").at("1").at("tree_type").as_string(), "replicated");
        QCOMPARE(report.at("corrupted_tree_map").at("2").at("tree_type").as_string(), "local");
        QCOMPARE(report.at("corrupted_tree_map").at("1").at("root_hash").as_string().size(), std::size_t{28}); // 20 bytes
    }
    world.spoil(prefix + "5", "another value");
    const auto hash = world.hasher.keyHash(prefix + "5");
    const auto report = keeper.merkleCheck().data->at("merkle_corruption_report");
    const auto page = report.at("corrupted_tree_map").at("1").at("corrupted_index_tuples_map").at(std::to_string(hash[0]));
    QCOMPARE(page.at("corrupted").as_bool(), false);
    QCOMPARE(page.at("subpages").as_array().size(), std::size_t{1});
    QCOMPARE(page.at("subpages").as_array().front().to_number<int>(), static_cast<int>(hash[1]));
    QCOMPARE(report.at("last_corruption_check_epoch").as_string(), "2023-11-14T22:13:20Z");
    for (const Type type : {Type::Performance, Type::Dr}) {
        keeper.describe(type, status);
        QCOMPARE(status.at("corrupted_merkle_tree").as_bool(), true);
        QCOMPARE(status.at("last_corruption_check_epoch").as_string(), "1700000000");
    }
}

QTEST_GUILESS_MAIN(TestForestComparison)
#include "tst_forest_comparison.moc"
