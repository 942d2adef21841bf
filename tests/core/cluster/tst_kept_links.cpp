#include "tests/core/cluster/test_cluster.h"

using namespace testing_cluster;

/// Links continue when a role changes that they do not use.
class TestKeptLinks : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void aSecondaryKeepsItsLinkWhileTheOtherTypeChanges();
    void recoverBeginsANewLink();

private:
    /// How often the secondary has connected to its primary.
    static std::uint64_t linkCount(TestCluster& secondary) { return secondary.manager().roles().report(Type::Performance).asSecondary.authenticated; }
};

void TestKeptLinks::aSecondaryKeepsItsLinkWhileTheOtherTypeChanges()
{
    TestCluster a{"a"}, b{"b"}, c{"c"};
    QVERIFY(!a.manager().operations().enablePrimary(Type::Performance, "").isError);
    QVERIFY(!b.follow(a, Type::Performance, "b").isError);
    QVERIFY(b.isInSyncWith(a, Type::Performance));
    const auto before = linkCount(b);
    QVERIFY(before > 0);

    QVERIFY(!b.manager().operations().enablePrimary(Type::Dr, "").isError);
    QVERIFY(!c.follow(b, Type::Dr, "c").isError);
    QVERIFY(!b.manager().seats().revokeSecondary(Type::Dr, "c").isError);
    QVERIFY(!b.manager().operations().disablePrimary(Type::Dr).isError);

    QVERIFY(a.putShared("logical/a/after", "1"));
    QVERIFY(eventually([&] { return b.getShared("logical/a/after") == "1"; }));
    QVERIFY(b.isInSyncWith(a, Type::Performance));
    QCOMPARE(linkCount(b), before);
}

void TestKeptLinks::recoverBeginsANewLink()
{
    TestCluster a{"a"}, b{"b"};
    QVERIFY(!a.manager().operations().enablePrimary(Type::Performance, "").isError);
    QVERIFY(!b.follow(a, Type::Performance, "b").isError);
    QVERIFY(b.isInSyncWith(a, Type::Performance));
    const auto before = linkCount(b);
    b.manager().operations().recover();
    QVERIFY(eventually([&] { return linkCount(b) > before; }));
    QVERIFY(b.isInSyncWith(a, Type::Performance));
}

QTEST_GUILESS_MAIN(TestKeptLinks)
#include "tst_kept_links.moc"
