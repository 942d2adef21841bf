#include "core/replication/forest/forest_keeper.h"
#include "tests/core/compare_plain.h"
#include "tests/core/replication/damageable.h"

#include <QtTest>

using namespace testing_forest;

namespace {

/// A clock that advances by a millisecond each time it is read.
class TickingClock final : public Clock {
public:
    WallTime now() const override { return WallTime{}; }
    SteadyTime steadyNow() const override { return SteadyTime{m_passed += std::chrono::milliseconds{1}}; }
    void advance(std::chrono::milliseconds by) { m_passed += by; }

private:
    mutable std::chrono::nanoseconds m_passed{0};
};

/// Waits on that clock, and counts the time.
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

/// Computes leaves, and lets others write in between.
class DisturbedHasher final : public LeafHasher {
public:
    DisturbedHasher(Damageable& world, int every) : m_world{world}, m_every{every} {}
    merkle::KeyHash keyHash(std::string_view key) const override
    {
        if (m_every > 0 && ++m_count % m_every == 0) m_world.put("l/sys/token/" + std::to_string(m_count % 7), std::to_string(m_count));
        return m_world.hasher.keyHash(key);
    }
    merkle::LeafDigest leafDigest(const merkle::KeyHash& hash, std::string_view value) const override
    {
        return m_world.hasher.leafDigest(hash, value);
    }
    bool isAuthentic(std::string_view key, std::string_view value) const override { return m_world.hasher.isAuthentic(key, value); }

private:
    Damageable& m_world;
    const int m_every;
    mutable int m_count = 0;
};

} // namespace

/// The jobs on a forest: their rate, that they can be interrupted and continue, and what they report.
class TestForestKeeper : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void keepsToTheRateAndCanBeCancelled();
    void yieldsToWrites_data();
    void yieldsToWrites();
    void pausesAfterEachCommitUpToALimit();
    void continuesAfterARestart();
    void reportsAsTheSpecDescribes();
};

void TestForestKeeper::keepsToTheRateAndCanBeCancelled()
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
    QCOMPARE(status.at("keys_done").as_uint64(), std::uint64_t{512}); // the limit holds it there
    QCOMPARE(status.at("keys_total").as_uint64(), std::uint64_t{5000});
    QVERIFY(status.at("seconds_left").is_null()); // this clock does not advance, so there is no rate
    QVERIFY(!keeper.cancelScrub().isError);
    QTRY_VERIFY(!keeper.isRunning());
    const auto after = *keeper.scrubStatus().data;
    QCOMPARE(after.at("last").at("outcome").as_string(), "cancelled");
    // A restart does not continue a cancelled job.
    keeper.stop();
    keeper.start();
    QVERIFY(!keeper.isRunning());
}

void TestForestKeeper::yieldsToWrites_data()
{
    QTest::addColumn<int>("every"); // one commit for each so many keys that are read
    QTest::newRow("idle") << 0;
    QTest::newRow("busy") << 50;
}

void TestForestKeeper::yieldsToWrites()
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

void TestForestKeeper::pausesAfterEachCommitUpToALimit()
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
    QCOMPARE(work(milliseconds{100}, 0), 0); // earlier commits have been paid for
    QCOMPARE(work(milliseconds{1}, 30), 10);
    QCOMPARE(work(milliseconds{0}, 30), 0); // no time, so no pause

    JobPace rated{*world.store, world.clock, pause, {.keysPerSecondMax = 1000}};
    QCOMPARE(pauseOf(rated, 500), 500);
    QCOMPARE(pauseOf(rated, 700), 200);
    world.clock.advance(milliseconds{1000});
    QCOMPARE(pauseOf(rated, 1000), 0);
}

void TestForestKeeper::continuesAfterARestart()
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
        keeper.stop(); // as when the server is sealed
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

void TestForestKeeper::reportsAsTheSpecDescribes()
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

QTEST_GUILESS_MAIN(TestForestKeeper)
#include "tst_forest_keeper.moc"
