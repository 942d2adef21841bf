#include <QtTest>

#include "tests/core/replication/link_world.h"

using namespace testing;

class TestReplicationLinks : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void nothingIsSkippedAfterAFailedApply();
    void firstSyncAndStreamDeliverEverything_data();
    void firstSyncAndStreamDeliverEverything();
    void resumesWhereTheLogReachesBack();
    void reconcilesWhereTheLogDoesNotReachBack();
    void reconcilingSendsLittleMoreThanTheDifferences();
    void findsAndRepairsSilentDifferences();
    void rejectsEntriesThatDoNotVerify();
    void performanceLinksCarrySharedKeysOnly();
    void aSlowSecondaryHoldsBackOnlyItself();
    void arrivedRecordsAreAppliedTogether();
    void aReplacedPrimaryIsInformed_data();
    void aReplacedPrimaryIsInformed();
    void aReplacedPrimaryInformsItsSecondaries();
    void delayedFramesAreNotFresh();
    void anotherSetIsRefused();
    void replacedContentsAreReconciled();
    void silenceEndsALink();
    void anyOrderOfCutsAndCrashesEndsEqual_data();
    void anyOrderOfCutsAndCrashesEndsEqual();
};

void TestReplicationLinks::firstSyncAndStreamDeliverEverything_data()
{
    QTest::addColumn<int>("type");
    QTest::newRow("performance") << static_cast<int>(Type::Performance);
    QTest::newRow("dr") << static_cast<int>(Type::Dr);
}

void TestReplicationLinks::firstSyncAndStreamDeliverEverything()
{
    QFETCH(int, type);
    LinkWorld world{static_cast<Type>(type), 1};
    for (int i = 0; i < 20'000; ++i) {
        const std::string number = std::to_string(i);
        world.primary.write({world.primary.put("s/logical/one/" + number, number + std::string(100, 'v'))});
    }
    world.primary.forgetRecordsBefore(world.primary.appliedIndex());
    for (int i = 0; i < 500; ++i) world.writeSomething();
    QVERIFY(world.settle());
    QVERIFY(world.areContentsEqual());
    QCOMPARE(world.secondaryLink->statistics().reconcileCount, std::uint64_t{1});
    QVERIFY(world.secondaryLink->state() == SecondaryLink::State::StreamWals);
    QVERIFY(world.frameBytesMaxSeen < 2 * kChunkBytes); // never one huge frame

    const auto reconciledBytes = world.bytesToSecondary;
    for (int i = 0; i < 500; ++i) world.writeSomething();
    QVERIFY(world.settle());
    QVERIFY(world.areContentsEqual());
    QCOMPARE(world.secondaryLink->statistics().reconcileCount, std::uint64_t{1});
    QVERIFY(world.bytesToSecondary - reconciledBytes < 1'000'000);
    QVERIFY(world.secondaryLink->statistics().rootsEqual > 0);
    QCOMPARE(world.secondaryLink->statistics().rootsDifferent, std::uint64_t{0});
    QVERIFY(world.secondaryLink->equality().canaryAge() <= std::chrono::seconds{2});
}

void TestReplicationLinks::resumesWhereTheLogReachesBack()
{
    LinkWorld world{Type::Dr, 2};
    for (int i = 0; i < 300; ++i) world.writeSomething();
    QVERIFY(world.settle());
    world.restartSecondary();
    for (int i = 0; i < 300; ++i) world.writeSomething();
    QVERIFY(world.settle());
    QVERIFY(world.areContentsEqual());
    QCOMPARE(world.secondaryLink->statistics().reconcileCount, std::uint64_t{0});
    QCOMPARE(world.primaryLink->statistics().streamHits, std::uint64_t{1});
    // The primary keeps exactly the log that the secondary may still ask for.
    QCOMPARE(world.primary.heldSlots().at("dr/b").value(), world.primary.appliedIndex().value() + 1);
}

void TestReplicationLinks::reconcilesWhereTheLogDoesNotReachBack()
{
    LinkWorld world{Type::Performance, 3};
    for (int i = 0; i < 300; ++i) world.writeSomething();
    QVERIFY(world.settle());
    world.cut();
    for (int i = 0; i < 300; ++i) world.writeSomething();
    world.primary.forgetRecordsBefore(world.primary.appliedIndex());
    QVERIFY(world.settle());
    QVERIFY(world.areContentsEqual());
    QCOMPARE(world.secondaryLink->statistics().reconcileCount, std::uint64_t{2}); // the first sync was one
}

void TestReplicationLinks::reconcilingSendsLittleMoreThanTheDifferences()
{
    LinkWorld world{Type::Performance, 4};
    for (int i = 0; i < 100'000; ++i) {
        const auto operation = world.primary.put("s/logical/one/" + std::to_string(i), std::string(200, 'v'));
        world.primary.write({operation});
        world.secondary.write({operation});
    }
    for (int i = 0; i < 334; ++i) { // a thousand differences of all kinds
        world.primary.write({world.primary.put("s/logical/one/" + std::to_string(i * 100), "changed")});
        world.secondary.write({world.secondary.erase("s/logical/one/" + std::to_string(i * 100 + 1))});
        world.secondary.write({world.secondary.put("s/logical/one/more" + std::to_string(i), "gone on the primary")});
    }
    QVERIFY(world.settle());
    QVERIFY(world.areContentsEqual());
    QVERIFY2(world.bytesToSecondary < 350'000, std::to_string(world.bytesToSecondary).c_str());
    QVERIFY2(world.bytesToPrimary < 40'000, std::to_string(world.bytesToPrimary).c_str());
    QVERIFY(world.secondaryLink->statistics().entriesApplied < 1100);
}

void TestReplicationLinks::findsAndRepairsSilentDifferences()
{
    LinkWorld world{Type::Performance, 5};
    for (int i = 0; i < 300; ++i) world.writeSomething();
    QVERIFY(world.settle());
    world.secondary.write({world.secondary.put("s/logical/one/intruder", "unknown to the primary")});
    QVERIFY(!world.areRootsEqual());
    world.writeSomething();
    QVERIFY(world.settle());
    QVERIFY(world.areContentsEqual());
    QVERIFY(world.secondaryLink->statistics().rootsDifferent >= 1);
}

void TestReplicationLinks::rejectsEntriesThatDoNotVerify()
{
    LinkWorld world{Type::Performance, 6};
    world.writeSomething();
    QVERIFY(world.settle());
    // Damage that no checksum shows: value and digest do not belong together.
    auto damaged = world.primary.put("s/core/damaged", "true value");
    damaged.value = "other value";
    world.primary.write({damaged, world.primary.put("s/core/sound", "sound")});
    world.deliverToSecondary(1u << 20);
    world.beginApply();
    world.finishApply();
    QCOMPARE(world.secondaryLink->statistics().entriesRejected, std::uint64_t{1});
    QVERIFY(!*world.secondary.get("s/core/damaged"));
    QVERIFY(*world.secondary.get("s/core/sound")); // the stream continues
    QVERIFY(!world.secondaryLink->isInSync());
}

void TestReplicationLinks::performanceLinksCarrySharedKeysOnly()
{
    LinkWorld world{Type::Performance, 8};
    world.secondary.write({world.secondary.put("l/sys/token/own", "the secondary's")});
    world.primary.write({world.primary.put("s/core/a", "1"), world.primary.put("l/sys/token/primary", "2"), world.primary.put("i/own/thing", "3")});
    QVERIFY(world.settle());
    world.primary.write({world.primary.put("s/core/b", "4"), world.primary.put("l/sys/token/more", "5")});
    QVERIFY(world.settle());
    QVERIFY(world.areContentsEqual());
    QVERIFY(!*world.secondary.get("l/sys/token/primary"));
    QVERIFY(!*world.secondary.get("l/sys/token/more"));
    QVERIFY(!*world.secondary.get("i/own/thing"));
    QCOMPARE(**world.secondary.get("l/sys/token/own"), std::string{"the secondary's"});
}

void TestReplicationLinks::aSlowSecondaryHoldsBackOnlyItself()
{
    LinkWorld world{Type::Dr, 9};
    world.writeSomething();
    QVERIFY(world.settle());
    const auto before = world.bytesToSecondary;
    for (int i = 0; i < 400; ++i) world.primary.write({world.primary.put("s/core/" + std::to_string(i), std::string(100'000, 'x'))});
    // Bytes arrive, but nothing is applied. The primary stops when the credit is used up.
    for (int i = 0; i < 500; ++i) {
        world.deliverToSecondary(1u << 20);
        world.deliverToPrimary(1u << 20);
    }
    QVERIFY(world.bytesToSecondary - before <= kWindowBytes + 2 * kChunkBytes);
    QVERIFY(world.settle());
    QVERIFY(world.areContentsEqual());
}

void TestReplicationLinks::arrivedRecordsAreAppliedTogether()
{
    LinkWorld world{Type::Dr, 10};
    world.writeSomething();
    QVERIFY(world.settle());
    const auto appliesOf = [&world](int records) {
        for (int i = 0; i < records; ++i) world.primary.write({world.primary.put("s/core/" + std::to_string(i % 5), std::string(100'000, 'x'))});
        const auto before = world.secondary.appliedIndex().value();
        world.deliverToSecondary(kWindowBytes);
        while (world.secondaryLink->position().index < world.primary.appliedIndex()) {
            world.beginApply();
            world.finishApply();
        }
        world.deliverToPrimary(1u << 20); // the credit
        return world.secondary.appliedIndex().value() - before;
    };
    QCOMPARE(appliesOf(20), std::uint64_t{1}); // many frames
    QCOMPARE(appliesOf(60), std::uint64_t{2}); // 6 MB
    QVERIFY(world.areContentsEqual());
    QVERIFY(world.areRootsEqual());
    QVERIFY(world.settle());
    QCOMPARE(world.rootsDifferent(), std::uint64_t{0});
}

std::string statementOf(std::uint64_t epoch, const std::string& clusterId, const std::string& key)
{
    EpochStatement statement;
    statement.type = Type::Dr;
    statement.setId = "set";
    statement.epoch = Epoch{epoch};
    statement.clusterId = clusterId;
    return statement.sign(SecretBytes::copyOf(key));
}

void TestReplicationLinks::aReplacedPrimaryIsInformed_data()
{
    QTest::addColumn<bool>("isGenuine");
    QTest::addColumn<quint64>("epoch");
    QTest::addColumn<QString>("clusterId");
    QTest::newRow("a later epoch") << true << quint64{2} << "c";
    QTest::newRow("the same epoch, and the other cluster comes after") << true << quint64{1} << "c";
    QTest::newRow("a later epoch that another key signed") << false << quint64{2} << "c";
    QTest::newRow("a later epoch without a statement") << false << quint64{2} << "";
}

void TestReplicationLinks::aReplacedPrimaryIsInformed()
{
    QFETCH(bool, isGenuine);
    QFETCH(quint64, epoch);
    QFETCH(QString, clusterId);
    const std::string key = "the set's key", own = statementOf(1, "b", key);
    LinkWorld world{Type::Dr, 10};
    world.verifier = std::make_shared<const StatementVerifier>(SecretBytes::copyOf(key));
    world.statement = own;
    world.restartSecondary();
    world.writeSomething();
    QVERIFY(world.settle());
    // It has followed another primary since then, or says so.
    const std::string later = clusterId.isEmpty() ? std::string{} : statementOf(epoch, clusterId.toStdString(), isGenuine ? key : "another key");
    world.epoch = Epoch{epoch};
    world.statement = later;
    world.restartSecondary();
    world.epoch = Epoch{1};
    world.statement = own;
    world.connect();
    for (int i = 0; i < 8 && world.isConnected(); ++i) {
        world.deliverToPrimary(1u << 20);
        world.deliverToSecondary(1u << 20);
    }
    QVERIFY(!world.isConnected());
    QVERIFY(world.wasRefused);
    QCOMPARE(world.laterStatement, isGenuine ? later : std::string{});
}

void TestReplicationLinks::aReplacedPrimaryInformsItsSecondaries()
{
    const std::string key = "the set's key";
    LinkWorld world{Type::Dr, 12};
    world.verifier = std::make_shared<const StatementVerifier>(SecretBytes::copyOf(key));
    world.statement = statementOf(1, "b", key);
    world.restartSecondary();
    QVERIFY(world.settle());
    LocalInfo replaced{"set", Epoch{1}, {}, {}, {}};
    replaced.statement = statementOf(2, "c", key);
    replaced.isReplaced = true;
    replaced.verifier = world.verifier;
    world.primaryLink->setLocal(replaced);
    world.advance(std::chrono::milliseconds{1}); // reported at once, not with the next heartbeat
    for (int i = 0; i < 4 && world.isConnected(); ++i) world.deliverToSecondary(1u << 20);
    QVERIFY(!world.isConnected());
    QCOMPARE(world.learned, replaced.statement);
}

/// The network delays a heartbeat and the marker after it. The marker's proof counts as old as it is.
void TestReplicationLinks::delayedFramesAreNotFresh()
{
    LinkWorld world{Type::Dr, 14};
    world.writeSomething();
    QVERIFY(world.settle());
    const auto markersBefore = world.secondaryLink->statistics().rootsEqual;
    world.advance(std::chrono::seconds{1});
    const std::chrono::seconds heldUp{4};
    world.clock.advance(heldUp);
    world.deliverToSecondary(1u << 20);
    world.beginApply();
    world.finishApply();
    QVERIFY(world.secondaryLink->statistics().rootsEqual > markersBefore);
    QVERIFY(world.secondaryLink->equality().canaryAge() >= heldUp);
}

void TestReplicationLinks::anotherSetIsRefused()
{
    LinkWorld world{Type::Dr, 11};
    world.connect();
    world.secondaryLink->disconnected();
    LocalInfo other;
    other.setId = "other";
    world.secondaryLink->local() = other;
    world.secondaryLink->connected();
    for (int i = 0; i < 8 && world.isConnected(); ++i) {
        world.deliverToPrimary(1u << 20);
        world.deliverToSecondary(1u << 20);
    }
    QVERIFY(world.wasRefused);
}

void TestReplicationLinks::replacedContentsAreReconciled()
{
    LinkWorld world{Type::Performance, 13};
    for (int i = 0; i < 200; ++i) world.writeSomething();
    QVERIFY(world.settle());
    // A snapshot is restored on the primary: keys disappear without a record.
    QVERIFY(world.primary.replaceContents([](std::string_view) { return true; }, {world.primary.put("s/core/only", "one")}));
    QVERIFY(world.settle());
    QVERIFY(world.areContentsEqual());
    QCOMPARE(world.secondary.forest().state(merkle::isShared).trees.size(), std::size_t{1});
    QCOMPARE(world.secondaryLink->statistics().rootsDifferent, std::uint64_t{0});
}

void TestReplicationLinks::silenceEndsALink()
{
    LinkWorld world{Type::Dr, 12};
    world.writeSomething();
    QVERIFY(world.settle());
    world.secondaryLink->tick();
    world.clock.advance(kSilenceMax + std::chrono::seconds{1});
    world.secondaryLink->tick();
    QVERIFY(world.secondaryLink->failure().has_value());
    world.primaryLink->tick();
    QVERIFY(world.primaryLink->failure().has_value());
}

void TestReplicationLinks::anyOrderOfCutsAndCrashesEndsEqual_data()
{
    QTest::addColumn<quint64>("seed");
    for (quint64 seed = 1; seed <= 80; ++seed) QTest::addRow("%llu", seed) << seed;
}

void TestReplicationLinks::anyOrderOfCutsAndCrashesEndsEqual()
{
    QFETCH(quint64, seed);
    const Type type = seed % 2 == 0 ? Type::Performance : Type::Dr;
    LinkWorld world{type, seed};
    const bool isDiverging = seed % 3 == 0; // somebody else writes keys that only the link may write
    world.windowBytes = 2000 + world.pick(100'000);
    world.restartSecondary();
    for (int step = 0; step < 3000; ++step) {
        const auto dice = world.pick(1000);
        if (dice < 250) world.writeSomething();
        else if (dice < 450) world.deliverToPrimary(1 + world.pick(3000));
        else if (dice < 700) world.deliverToSecondary(1 + world.pick(6000));
        else if (dice < 800) world.beginApply();
        else if (dice < 940) world.finishApply();
        else if (dice < 970) world.advance(std::chrono::milliseconds{world.pick(700)});
        else if (dice < 980) world.cut();
        else if (dice < 984) world.restartSecondary(); // an apply under way is lost
        else if (dice < 988) world.primary.forgetRecordsBefore(LogIndex{world.primary.appliedIndex().value() - world.pick(20)});
        else if (dice < 990 && isDiverging) world.secondary.write({world.secondary.put("s/core/diverged" + std::to_string(world.pick(5)), "d")});
        else if (!world.isConnected()) world.connect();
    }
    QVERIFY2(world.settle(), ("seed " + std::to_string(seed)).c_str());
    QVERIFY2(world.areContentsEqual(), ("seed " + std::to_string(seed)).c_str());
    if (!isDiverging) QCOMPARE(world.rootsDifferent(), std::uint64_t{0}); // the applied data is always a prefix
}

void TestReplicationLinks::nothingIsSkippedAfterAFailedApply()
{
    LinkWorld world{Type::Dr, 1};
    world.primary.write({world.primary.put("s/core/first", "one")});
    QVERIFY(world.settle());
    const auto bring = [&world](const char* key) {
        world.primary.write({world.primary.put(key, "two")});
        world.deliverToSecondary(1u << 20);
    };
    bring("s/core/failed");
    world.beginApply();
    bring("s/core/behind"); // it has arrived before the one before it fails
    const LogIndex before = world.secondaryLink->position().index;
    QVERIFY(!world.failApply());
    QVERIFY(world.secondaryLink->position().index == before);
    QVERIFY(!world.isConnected());
    QVERIFY(world.settle());
    QVERIFY(world.areContentsEqual());
    QCOMPARE(world.rootsDifferent(), std::uint64_t{0}); // the stream delivered it, without a reconciliation
}

QTEST_APPLESS_MAIN(TestReplicationLinks)
#include "tst_replication_links.moc"
