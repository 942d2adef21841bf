#include "tests/core/replication/link_world.h"

#include <QtTest>

using namespace core;
using namespace core::replication;
using testing::LinkWorld;

namespace {

constexpr int kKeys = 20'000;

void fill(LinkWorld& world)
{
    for (int number = 0; number < kKeys; ++number) {
        world.primary.write({world.primary.put("s/logical/one/" + std::to_string(number), std::string(300, 'v'))});
    }
}

std::uint64_t keyCount(const LinkWorld& world)
{
    std::uint64_t count = 0;
    for (const auto& [key, value] : world.secondary.values()) count += key.starts_with("s/") ? 1 : 0;
    return count;
}

/// Delivers this many bytes in each direction and applies what has arrived.
void step(LinkWorld& world, std::size_t bytes)
{
    world.deliverToPrimary(bytes);
    world.deliverToSecondary(bytes);
    world.beginApply();
    world.finishApply();
}

} // namespace

/// A first sync that is cut continues where it was. Delivered data is not sent again.
class TestReplicationResume : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void anInterruptedFirstSyncContinues_data();
    void anInterruptedFirstSyncContinues();
    void aComparisonWithoutProgressBeginsAgain_data();
    void aComparisonWithoutProgressBeginsAgain();
};

void TestReplicationResume::anInterruptedFirstSyncContinues_data()
{
    QTest::addColumn<int>("cuts");
    QTest::addColumn<bool>("isCrash"); // the secondary's process is killed as well
    QTest::addColumn<bool>("isWrittenByAnother");
    QTest::newRow("connection cut once") << 1 << false << false;
    QTest::newRow("process dies once") << 1 << true << false;
    QTest::newRow("cut four times") << 4 << false << false;
    QTest::newRow("dies four times, beside writes") << 4 << true << true;
}

void TestReplicationResume::anInterruptedFirstSyncContinues()
{
    QFETCH(int, cuts);
    QFETCH(bool, isCrash);
    QFETCH(bool, isWrittenByAnother);
    std::uint64_t uncut = 0;
    {
        LinkWorld world{Type::Performance, 1};
        fill(world);
        QVERIFY(world.settle());
        uncut = world.bytesToSecondary;
    }
    LinkWorld world{Type::Performance, 2};
    fill(world);
    for (int cut = 1; cut <= cuts; ++cut) {
        if (isCrash) world.restartSecondary();
        world.connect();
        const auto wanted = static_cast<std::uint64_t>(kKeys * cut / (cuts + 1));
        const auto before = keyCount(world);
        for (int count = 0; count < 10'000 && keyCount(world) < wanted; ++count) step(world, 64u << 10);
        QVERIFY(keyCount(world) >= wanted && keyCount(world) < kKeys);
        QVERIFY(keyCount(world) > before); // each connection makes progress
        world.cut();
        for (int number = 0; isWrittenByAnother && number < 100; ++number)
            world.primary.write({world.primary.put("s/logical/one/" + std::to_string(cut * 1000 + number), "changed")});
    }
    if (isCrash) world.restartSecondary();
    QVERIFY(world.settle());
    QVERIFY(world.areContentsEqual());
    // The cost of a cut: page digests (256 or 65,536 of 4 bytes), and the data on the way. That is some hundred KB, not megabytes.
    const auto perCut = 65'536u * 4 + (1u << 20);
    QVERIFY2(world.bytesToSecondary < uncut + static_cast<std::uint64_t>(cuts) * perCut,
             qPrintable(QStringLiteral("%1 bytes instead of %2").arg(world.bytesToSecondary).arg(uncut)));
    QVERIFY(uncut > std::uint64_t{kKeys} * 300); // otherwise the limit below would prove nothing
}

void TestReplicationResume::aComparisonWithoutProgressBeginsAgain_data()
{
    QTest::addColumn<FrameType>("lost");
    QTest::newRow("end of the digests") << FrameType::PageDigestsEnd;
    QTest::newRow("end of the leaves") << FrameType::PageLeavesEnd;
    QTest::newRow("end of the reconciliation") << FrameType::ReconcileEnd;
}

/// Heartbeats continue both ways, but one end waits for a frame that never arrives.
void TestReplicationResume::aComparisonWithoutProgressBeginsAgain()
{
    QFETCH(FrameType, lost);
    LinkWorld world{Type::Performance, 3};
    for (int number = 0; number < 500; ++number) world.writeSomething();
    QVERIFY(world.settle());
    world.cut();
    world.secondary.write({world.secondary.put("s/logical/one/own", "what the primary lacks")});
    world.losesNext = lost;
    QVERIFY(world.settle());
    QVERIFY(!world.losesNext);
    QVERIFY(world.areContentsEqual());
}

QTEST_APPLESS_MAIN(TestReplicationResume)
#include "tst_replication_resume.moc"
