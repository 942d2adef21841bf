#include <QtTest>

#include "tests/core/replication/link_world.h"

using namespace testing;

class TestReplicationCascade : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void aClosedGateHoldsBackAllRecords();
    void intermediateStatesAreNoPlaces();
    void aStreamContinuesIfTheGateStayedOpen();
    void aClusterOfTheChainIsRefused();
    void aSecondaryThatFindsItselfInTheChainLeaves();
};

void TestReplicationCascade::aClosedGateHoldsBackAllRecords()
{
    LinkWorld world{Type::Performance, 1};
    world.gate = RelayGate{};
    world.gate->isOpen = true;
    for (int i = 0; i < 20; ++i) world.writeSomething();
    QVERIFY(world.settle());

    world.gate->isOpen = false;
    world.primary.write({world.primary.put("s/mixed", "no prefix of anything")});
    for (int round = 0; round < 5; ++round) {
        world.deliverToPrimary(1u << 20);
        world.deliverToSecondary(1u << 20);
        world.beginApply();
        world.finishApply();
        world.advance(std::chrono::milliseconds{500});
    }
    QVERIFY(world.isConnected()); // it waits and keeps the connection
    QVERIFY(!world.secondary.values().contains("s/mixed"));
    world.cut();
    world.connect();
    world.deliverToPrimary(1u << 20); // a hello while the gate is shut
    world.deliverToSecondary(1u << 20);
    QVERIFY(!world.isConnected());
    QVERIFY(!world.wasRefused); // the secondary will try again
    QVERIFY(!world.secondary.values().contains("s/mixed"));
}

void TestReplicationCascade::intermediateStatesAreNoPlaces()
{
    LinkWorld world{Type::Performance, 2};
    world.gate = RelayGate{};
    world.gate->isOpen = true;
    for (int i = 0; i < 20; ++i) world.writeSomething();
    QVERIFY(world.settle());
    const auto reconciled = world.secondaryLink->statistics().reconcileCount;
    world.gate->isOpen = false;
    for (int i = 0; i < 5; ++i) world.writeSomething();
    world.gate->floor = world.primary.appliedIndex();
    world.gate->isOpen = true;
    QVERIFY(world.settle());
    QVERIFY(world.areContentsEqual());
    QCOMPARE(world.secondaryLink->statistics().reconcileCount, reconciled + 1); // compared, not streamed through
}

void TestReplicationCascade::aStreamContinuesIfTheGateStayedOpen()
{
    LinkWorld world{Type::Performance, 3};
    world.gate = RelayGate{};
    world.gate->isOpen = true;
    for (int i = 0; i < 20; ++i) world.writeSomething();
    QVERIFY(world.settle());
    const auto reconciled = world.secondaryLink->statistics().reconcileCount;
    world.cut();
    for (int i = 0; i < 20; ++i) world.writeSomething();
    QVERIFY(world.settle());
    QVERIFY(world.areContentsEqual());
    QCOMPARE(world.secondaryLink->statistics().reconcileCount, reconciled);
}

void TestReplicationCascade::aClusterOfTheChainIsRefused()
{
    LinkWorld world{Type::Performance, 4};
    world.secondaryClusterId = "middle";
    world.restartSecondary();
    world.chain = {"root", "middle", "low"};
    world.writeSomething();
    world.connect();
    world.deliverToPrimary(1u << 20);
    world.deliverToSecondary(1u << 20);
    QVERIFY(!world.isConnected());
    QVERIFY(world.wasRefused);
    QVERIFY(world.lastSecondaryFailure->detail.find("would close a ring: root > middle > low > middle") != std::string::npos);
    QVERIFY(world.secondary.values().empty());
}

void TestReplicationCascade::aSecondaryThatFindsItselfInTheChainLeaves()
{
    LinkWorld world{Type::Performance, 5};
    world.chain = {"root", "low"};
    world.secondaryClusterId = "own";
    world.restartSecondary();
    QVERIFY(world.settle());
    LocalInfo changed{"set", world.epoch, {"https://api", "https://cluster"}, {"https://cluster"}, {}};
    changed.chain = {"own", "low"}; // the cluster above now follows this one, through another relay
    world.primaryLink->setLocal(changed);
    for (int round = 0; round < 5 && world.isConnected(); ++round) {
        world.advance(std::chrono::milliseconds{1000});
        world.deliverToSecondary(1u << 20);
    }
    QVERIFY(!world.isConnected());
    QVERIFY(world.wasRefused);
}

QTEST_APPLESS_MAIN(TestReplicationCascade)
#include "tst_replication_cascade.moc"
