#include "core/merkle/tree.h"
#include "tests/core/compare_plain.h"
#include "tests/core/replication/damageable.h"

#include <QtTest>

#include <thread>

namespace core::merkle {

/// Damages digests in memory. In real life only broken memory does that.
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

using namespace testing_forest;

namespace {

const merkle::TreeFilter kAll = [](std::string_view) { return true; };

} // namespace

/// Storage against forest: what is found, what is repaired, and that traffic never looks like damage.
class TestForestComparison : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void intactStoresShowNoDamage_data();
    void intactStoresShowNoDamage();
    void damageIsFoundAndRepaired_data();
    void damageIsFoundAndRepaired();
    void treesThatOnlyTheStorageHasAreFound();
    void damagedHashesAreComputedAgain();
    void writesDuringAComparisonAreNoDamage();
    void damagedValuesAreReplacedByThePrimarys();
    void damagedValuesAreNotSent();
    void aComparisonContinuesAfterAGivenTree();
    void aComparisonEndsWhenTheContentsAreReplaced();
};

void TestForestComparison::intactStoresShowNoDamage_data()
{
    QTest::addColumn<int>("count");
    QTest::addColumn<bool>("isByLeaf");
    for (const int count : {0, 10, 3000}) {
        QTest::addRow("%d keys", count) << count << false;
        QTest::addRow("%d keys, by leaf", count) << count << true;
    }
}

void TestForestComparison::intactStoresShowNoDamage()
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
    row("unreadable, secondary", "unreadable", Repair::Safe, true, true, false); // the forest differs from both, so the value is fetched
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

void TestForestComparison::damagedHashesAreComputedAgain()
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

void TestForestComparison::writesDuringAComparisonAreNoDamage()
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
        options.isByLeaf = isByLeaf; // then every leaf written since the capture is a suspect
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

void TestForestComparison::damagedValuesAreReplacedByThePrimarys()
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
    QVERIFY2(world.bytesToSecondary - sent < 20'000, "two values were missing, not 500"); // heartbeats and markers included
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

void TestForestComparison::aComparisonContinuesAfterAGivenTree()
{
    Damageable world;
    for (const char* mount : {"a", "b", "c", "d"}) world.fill(400, std::string{"s/logical/"} + mount + "/");
    world.spoil("s/logical/a/1", "another value");
    world.spoil("s/logical/d/1", "another value");
    ForestComparison::Options options;
    options.portionLeaves = 500; // one tree each
    std::vector<std::string> finished;
    {
        ForestComparison comparison{*world.store,
                                    world.hasher,
                                    options,
                                    world.progress,
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

void TestForestComparison::aComparisonEndsWhenTheContentsAreReplaced()
{
    Damageable world;
    world.fill(5000, std::string{kMount} + "/data/");
    bool isReplaced = false;
    ForestComparison::Options options;
    options.repair = ForestComparison::Repair::ByStorage;
    ForestComparison comparison{*world.store,
                                world.hasher,
                                options,
                                world.progress,
                                {[&] {
                                     if (std::exchange(isReplaced, true)) return false;
                                     if (!world.store->replaceContents([](std::string_view) { return false; }, {})) qFatal("replace");
                                     return false;
                                 },
                                 {},
                                 {}}};
    COMPARE_PLAIN(comparison.run().error().code, ErrorCode::Conflict);
    QVERIFY(!world.valueOf(std::string{kMount} + "/data/1"));
}

QTEST_GUILESS_MAIN(TestForestComparison)
#include "tst_forest_comparison.moc"
