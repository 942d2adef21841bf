#include <QtTest>

#include "core/replication/scope/path_filters.h"
#include "tests/core/replication/link_world.h"

using namespace testing;

namespace {

/// A new mount on the primary: its row, then `count` keys.
void addMount(LinkWorld& world, const std::string& uuid, int count = 20)
{
    world.primary.write({world.primary.put("s/core/mounts/" + uuid, "row of " + uuid)});
    for (int i = 0; i < count; ++i) {
        world.primary.write({world.primary.put("s/logical/" + uuid + "/key-of-" + uuid + "-" + std::to_string(i), "value of " + uuid)});
    }
}

bool has(const TestStore& store, const std::string& uuid)
{
    return std::ranges::any_of(store.values(), [&](const auto& entry) { return entry.first.find(uuid) != std::string::npos; });
}

} // namespace

class TestReplicationFilters : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void deniedEntriesAreNeverSent_data();
    void deniedEntriesAreNeverSent();
    void aLaterFilterRemovesEntries();
    void aRemovedFilterBringsEntriesBack();
    void newMountsPassOnceTheyAreKnown();
    void aChangeDuringReconciliationEndsIt();
    void aPlaceUnderAnotherFilterIsNotContinued();
    void aPlaceIsValidForTheMountsKnownAtIt();
    void aFilterAppliesToRecordsThatWaitInTheLog();
    void filteredWritesCountAsReceived();
    void anyOrderOfFiltersCutsAndCrashesEndsEqual_data();
    void anyOrderOfFiltersCutsAndCrashesEndsEqual();
    void filtersChooseMounts_data();
    void filtersChooseMounts();
};

void TestReplicationFilters::deniedEntriesAreNeverSent_data()
{
    QTest::addColumn<bool>("isStreamed");
    QTest::newRow("first sync") << false;
    QTest::newRow("stream") << true;
}

void TestReplicationFilters::deniedEntriesAreNeverSent()
{
    QFETCH(bool, isStreamed);
    LinkWorld world{Type::Performance, 1};
    world.denied = {"hidden"};
    if (isStreamed) QVERIFY(world.settle());
    addMount(world, "open");
    addMount(world, "hidden");
    // One transaction with keys of both mounts. The link carries only a part of it.
    world.primary.write({world.primary.put("s/logical/open/both", "1"), world.primary.put("s/logical/hidden/both", "2")});
    world.primary.write({world.primary.put("s/core/replication/filters/6869", "hidden")});
    ++world.version;
    QVERIFY(world.settle());
    QVERIFY(world.areContentsEqual());
    QVERIFY(has(world.secondary, "open"));
    QVERIFY(!has(world.secondary, "hidden"));
    QVERIFY(world.everythingToSecondary.find("open") != std::string::npos);
    QVERIFY(world.everythingToSecondary.find("hidden") == std::string::npos);
    QVERIFY(world.everythingToSecondary.find("replication/filters") == std::string::npos);
    QCOMPARE(world.rootsDifferent(), std::uint64_t{0});
}

void TestReplicationFilters::aLaterFilterRemovesEntries()
{
    LinkWorld world{Type::Performance, 2};
    addMount(world, "open");
    addMount(world, "hidden");
    QVERIFY(world.settle());
    QVERIFY(has(world.secondary, "hidden"));
    world.denied = {"hidden"};
    ++world.version;
    world.primary.write({world.primary.put("s/core/replication/filters/6869", "filter")});
    world.primary.write({world.primary.put("s/logical/hidden/later-hidden", "1")});
    QVERIFY(world.settle());
    QVERIFY(world.areContentsEqual());
    QVERIFY(!has(world.secondary, "hidden"));
    QVERIFY(has(world.secondary, "open"));
    QVERIFY(world.everythingToSecondary.find("later-hidden") == std::string::npos);
}

void TestReplicationFilters::aRemovedFilterBringsEntriesBack()
{
    LinkWorld world{Type::Performance, 3};
    world.denied = {"hidden"};
    addMount(world, "hidden");
    QVERIFY(world.settle());
    QVERIFY(!has(world.secondary, "hidden"));
    world.denied = std::nullopt;
    ++world.version;
    world.primary.write({world.primary.erase("s/core/replication/filters/6869")});
    QVERIFY(world.settle());
    QVERIFY(world.areContentsEqual());
    QVERIFY(has(world.secondary, "hidden"));
}

void TestReplicationFilters::newMountsPassOnceTheyAreKnown()
{
    LinkWorld world{Type::Performance, 4};
    world.denied = {"hidden"};
    QVERIFY(world.settle());
    const auto reconciled = world.secondaryLink->statistics().reconcileCount;
    for (int i = 0; i < 10; ++i) {
        addMount(world, "open" + std::to_string(i), 3);
        ++world.version;
        QVERIFY(world.settle());
        QVERIFY(has(world.secondary, "open" + std::to_string(i)));
    }
    QCOMPARE(world.secondaryLink->statistics().reconcileCount, reconciled); // no new comparison was needed
    QCOMPARE(world.rootsDifferent(), std::uint64_t{0});
    // When a mount is deleted, its last keys are deleted through the stream.
    std::vector<log::Operation> erased;
    for (const auto& [key, value] : world.primary.values()) {
        if (key.starts_with("s/logical/open3/") || key == "s/core/mounts/open3") erased.push_back(world.primary.erase(key));
    }
    world.primary.write(std::move(erased));
    ++world.version;
    QVERIFY(world.settle());
    QVERIFY(!has(world.secondary, "open3/") && !has(world.secondary, "mounts/open3"));
    QCOMPARE(world.secondaryLink->statistics().reconcileCount, reconciled);
}

void TestReplicationFilters::aChangeDuringReconciliationEndsIt()
{
    LinkWorld world{Type::Performance, 5};
    constexpr int kCount = 5000; // more than fit into one frame
    addMount(world, "hidden", kCount);
    world.windowBytes = 1;
    world.restartSecondary();
    world.connect();
    world.deliverToPrimary(1u << 20); // the hello
    world.deliverToSecondary(2000);   // the Welcome, and the beginning of the first sync
    world.denied = {"hidden"};
    ++world.version; // the filter is answered here
    const auto sentBefore = world.primaryLink->statistics().entriesSent;
    for (int round = 0; round < 10; ++round) world.deliverToSecondary(1u << 20);
    QVERIFY(!world.isConnected());
    QVERIFY(sentBefore > 0 && sentBefore < kCount);
    QVERIFY(world.everythingToSecondary.find("key-of-hidden") == std::string::npos); // captured since the filter was set
    world.windowBytes = kWindowBytes;
    world.restartSecondary();
    QVERIFY(world.settle());
    QVERIFY(!has(world.secondary, "hidden"));
    QVERIFY(world.areContentsEqual());
}

void TestReplicationFilters::aPlaceUnderAnotherFilterIsNotContinued()
{
    LinkWorld world{Type::Performance, 6};
    world.denied = {"hidden"};
    addMount(world, "hidden");
    QVERIFY(world.settle());
    world.cut();
    world.denied = std::set<std::string, std::less<>>{"other"}; // set while nobody is connected, so no link reports it
    addMount(world, "other");
    ++world.version;
    QVERIFY(world.settle());
    QVERIFY(has(world.secondary, "hidden"));
    QVERIFY(!has(world.secondary, "other"));
    QVERIFY(world.areContentsEqual());
    QCOMPARE(world.rootsDifferent(), std::uint64_t{0}); // known from the hello, not from a root that differs
}

void TestReplicationFilters::aPlaceIsValidForTheMountsKnownAtIt()
{
    LinkWorld world{Type::Performance, 8};
    world.denied = std::set<std::string, std::less<>>{"hidden"}; // before there is such a mount
    QVERIFY(world.settle());
    addMount(world, "hidden");
    ++world.version;
    QVERIFY(world.settle());
    QVERIFY(!has(world.secondary, "hidden"));
    world.cut();
    world.denied = std::set<std::string, std::less<>>{"other"}; // it names no existing mount, as at first
    ++world.version;
    QVERIFY(world.settle());
    QVERIFY(has(world.secondary, "hidden"));
    QVERIFY(world.areContentsEqual());
    QCOMPARE(world.rootsDifferent(), std::uint64_t{0}); // nothing was missing though the place said that everything was there

    // The same after a restart, by the stored place.
    addMount(world, "late");
    ++world.version;
    world.denied = std::set<std::string, std::less<>>{"late"};
    QVERIFY(world.settle());
    world.primary.write({world.primary.put("s/logical/hidden/more", "1")});
    QVERIFY(world.settle());
    world.cut();
    world.restartSecondary();
    world.denied = std::set<std::string, std::less<>>{"other"};
    ++world.version;
    QVERIFY(world.settle());
    QVERIFY(has(world.secondary, "late"));
    QVERIFY(world.areContentsEqual());
    QCOMPARE(world.rootsDifferent(), std::uint64_t{0});
}

void TestReplicationFilters::aFilterAppliesToRecordsThatWaitInTheLog()
{
    LinkWorld world{Type::Performance, 9};
    addMount(world, "hidden", 1);
    QVERIFY(world.settle());
    world.primary.write({world.primary.put("s/logical/hidden/waits-hidden", "1")}); // not sent yet
    world.denied = {"hidden"};
    ++world.version; // the filter is answered here; its own record comes later
    world.primary.write({world.primary.put("s/core/replication/filters/6869", "filter")});
    QVERIFY(world.settle());
    QVERIFY(world.everythingToSecondary.find("waits-hidden") == std::string::npos);
    QVERIFY(!has(world.secondary, "hidden"));
    QVERIFY(world.areContentsEqual());
}

void TestReplicationFilters::filteredWritesCountAsReceived()
{
    LinkWorld world{Type::Performance, 7};
    world.denied = {"hidden"};
    addMount(world, "hidden");
    QVERIFY(world.settle());
    world.primary.write({world.primary.put("s/logical/hidden/last", "1")});
    QVERIFY(world.settle());
    QCOMPARE(world.secondaryLink->position().lastRelevantIndex.value(), world.primary.lastSharedIndex().value());
}

void TestReplicationFilters::anyOrderOfFiltersCutsAndCrashesEndsEqual_data()
{
    QTest::addColumn<quint64>("seed");
    for (quint64 seed = 1; seed <= 60; ++seed) QTest::addRow("seed %llu", seed) << seed;
}

void TestReplicationFilters::anyOrderOfFiltersCutsAndCrashesEndsEqual()
{
    QFETCH(quint64, seed);
    LinkWorld world{Type::Performance, seed};
    world.denied.emplace();
    static constexpr const char* kUuids[] = {"one", "two", "three", "four"};
    for (int step = 0; step < 400; ++step) {
        const std::string uuid = kUuids[world.pick(4)];
        switch (world.pick(12)) {
        case 0: world.connect(); break;
        case 1: world.deliverToPrimary(world.pick(3000)); break;
        case 2: world.deliverToSecondary(world.pick(6000)); break;
        case 3: world.beginApply(); break;
        case 4: world.finishApply(); break;
        case 5: world.advance(std::chrono::milliseconds{world.pick(1500)}); break;
        case 6:
            if (world.pick(4) == 0) world.restartSecondary();
            break;
        case 7:
            if (world.pick(3) != 0) break;
            if (world.denied->erase(uuid) == 0) world.denied->insert(uuid);
            world.primary.write({world.primary.put("s/core/replication/filters/62", std::to_string(step))});
            ++world.version;
            break;
        case 8:
            world.primary.write({world.primary.put("s/core/mounts/" + uuid, "row " + std::to_string(step))});
            ++world.version;
            break;
        case 9:
            if (world.primary.get("s/core/mounts/" + uuid).value()) {
                world.primary.write({world.primary.put("s/logical/" + uuid + "/" + std::to_string(world.pick(50)), std::to_string(step))});
            }
            break;
        case 10:
            if (world.pick(8) == 0) world.primary.forgetRecordsBefore(LogIndex{world.primary.appliedIndex().value()});
            break;
        default: world.writeSomething();
        }
    }
    for (const auto& uuid : kUuids) world.primary.write({world.primary.put("s/core/mounts/" + std::string{uuid}, "row")});
    ++world.version;
    QVERIFY(world.settle());
    QVERIFY(world.areContentsEqual());
    for (const auto& uuid : *world.denied) QVERIFY(!has(world.secondary, "s/logical/" + uuid + "/"));
}

void TestReplicationFilters::filtersChooseMounts_data()
{
    QTest::addColumn<bool>("isAllowing");
    QTest::addColumn<QString>("path");
    QTest::addColumn<QString>("mount");
    QTest::addColumn<QString>("type");
    QTest::addColumn<bool>("passes");
    QTest::newRow("allowed") << true << "secret/"
                             << "secret/"
                             << "kv" << true;
    QTest::newRow("not allowed") << true << "secret/"
                                 << "other/"
                                 << "kv" << false;
    QTest::newRow("denied") << false << "secret/"
                            << "secret/"
                            << "kv" << false;
    QTest::newRow("not denied") << false << "secret/"
                                << "other/"
                                << "kv" << true;
    QTest::newRow("only whole names") << false << "secret/"
                                      << "secretive/"
                                      << "kv" << true;
    QTest::newRow("auth") << false << "auth/userpass/"
                          << "auth/userpass/"
                          << "userpass" << false;
    QTest::newRow("folder of mounts") << false << "team/"
                                      << "team/a/"
                                      << "kv" << false;
    QTest::newRow("system when others are allowed") << true << "secret/"
                                                    << "sys/"
                                                    << "system" << true;
    QTest::newRow("tokens in a denied folder") << false << "auth/"
                                               << "auth/token/"
                                               << "token" << true;
}

void TestReplicationFilters::filtersChooseMounts()
{
    QFETCH(bool, isAllowing);
    QFETCH(QString, path);
    QFETCH(QString, mount);
    QFETCH(QString, type);
    QFETCH(bool, passes);
    core::mount::MountEntry entry;
    entry.path = mount.toStdString();
    entry.type = type.toStdString();
    entry.uuid = "u";
    const PathFilter filter{.isAllowing = isAllowing, .paths = {path.toStdString()}};
    const LinkFilter scope{Type::Performance, resolve(filter, {entry})};
    QCOMPARE(scope.carriesMount("u"), passes);
    QVERIFY(!scope.carriesMount("unknown"));
    QVERIFY(scope.carries("s/core/policies/x"));
    QVERIFY(!scope.carries("l/logical/u/x"));
    QVERIFY(!scope.carries("s/core/replication/filters/62"));
}

QTEST_APPLESS_MAIN(TestReplicationFilters)
#include "tst_replication_filters.moc"
