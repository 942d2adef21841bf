#include "tests/core/cluster/test_cluster.h"

using namespace testing_cluster;

/// Member keys on connections between clusters: a certificate of the authority alone makes no cluster a primary, and a seat belongs to the
/// first key that takes it.
///
/// Class: keys are misused that were copied on purpose (the authority's, which DR copies, successors and snapshots have) or that travelled
/// (the activation's certificate). Where else: bootstrap calls, forwarded requests, questions between members. Each asks for the same
/// proof, bound to its connection.
class TestLinkProofs : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void bothEndsStoreTheKeyOfTheOther();
    void aStolenAuthorityKeyMakesNoPrimary_data();
    void aStolenAuthorityKeyMakesNoPrimary();
    void theRightAloneMakesNoPrimary();
    void aTokenUsedTwiceGivesOneSeat();
    void theAnswerToATokenMustBeSignedByThePrimary();
    void aStolenCertificateGetsNoSeat();
    void aCopyReplacesItsSecondary();
};

namespace {

Role storedRole(TestCluster& cluster, Type type)
{
    log::Transaction transaction = cluster.store().begin();
    auto role = Role::load({transaction, cluster.barrier(), {}}, type);
    if (!role) qFatal("role: %s", role.error().detail.c_str());
    return std::move(*role);
}

void storeRole(TestCluster& cluster, Type type, const Role& role)
{
    log::Transaction transaction = cluster.store().begin();
    transaction.erase({log::OperationKind::Delete, trust::TrustLog::key(toString(type)), {}, {}, {}}); // an older version keeps none
    if (!role.store({transaction, cluster.barrier(), kRoleAccess}, type) || !cluster.store().commitAndWait(std::move(transaction))) qFatal("role");
}

} // namespace

void TestLinkProofs::bothEndsStoreTheKeyOfTheOther()
{
    TestCluster a{"a"}, b{"b"};
    QVERIFY(!a.manager().operations().enablePrimary(Type::Performance, "").isError);
    QVERIFY(!b.follow(a, Type::Performance, "b").isError);
    QVERIFY(b.isInSyncWith(a, Type::Performance));
    QCOMPARE(storedRole(b, Type::Performance).primaryKey, a.memberKey());
    QCOMPARE(storedRole(a, Type::Performance).find("b")->memberKey, b.memberKey());
    // As an older version has left it. The link proves the keys, and both ends keep them.
    Role ofA = storedRole(a, Type::Performance), ofB = storedRole(b, Type::Performance);
    ofA.secondaries.front().memberKey.clear();
    ofB.primaryKey.clear();
    storeRole(a, Type::Performance, ofA);
    storeRole(b, Type::Performance, ofB);
    a.restart();
    b.restart(&a);
    QVERIFY(b.isInSyncWith(a, Type::Performance));
    QVERIFY(eventually([&] { return storedRole(b, Type::Performance).primaryKey == a.memberKey(); }));
    QVERIFY(eventually([&] { return storedRole(a, Type::Performance).find("b")->memberKey == b.memberKey(); }));
    // From then on both keep one trust log, with a seat for each.
    QVERIFY(eventually([&] {
        const auto ofFirst = a.manager().roles().trust(Type::Performance), ofSecond = b.manager().roles().trust(Type::Performance);
        return ofFirst && ofSecond && ofFirst->head().hash == ofSecond->head().hash && ofFirst->judge().presentSeatOf(b.memberKey());
    }));
}

void TestLinkProofs::aStolenAuthorityKeyMakesNoPrimary_data()
{
    QTest::addColumn<bool>("isDr");
    QTest::newRow("performance") << false;
    QTest::newRow("DR") << true;
}

void TestLinkProofs::aStolenAuthorityKeyMakesNoPrimary()
{
    QFETCH(bool, isDr);
    const Type type = isDr ? Type::Dr : Type::Performance;
    TestCluster a{"a"}, b{"b"}, thief{"thief"};
    QVERIFY(!a.manager().operations().enablePrimary(type, "").isError);
    QVERIFY(!b.follow(a, type, "b").isError);
    QVERIFY(b.isInSyncWith(a, type));
    // The thief has everything of the role, with the authority's key and the statement, but not the member key.
    storeRole(thief, type, storedRole(a, type));
    thief.restart();
    QCOMPARE(thief.stateText(type, "mode"), std::string{"primary"});
    const std::string address = a.address();
    a.shutDown();
    QVERIFY(thief.putShared("logical/x/evil", "evil"));
    QVERIFY(!b.manager().activation().update(type, {.unwrap = {}, .addresses = {thief.address()}}).isError);
    QVERIFY(eventually([&] { return b.manager().roles().report(type).lastError.find("does not prove the key") != std::string::npos; }));
    QVERIFY(!b.getShared("logical/x/evil"));
    // The real primary is accepted again.
    a.restart();
    QVERIFY(!b.manager().activation().update(type, {.unwrap = {}, .addresses = {address}}).isError);
    QVERIFY(b.isInSyncWith(a, type));
}

/// Class: a member that may succeed the primary is followed without an entry that says so, and nobody can contest what nobody sees. Where
/// else: forwarded requests (they go to the cluster that was welcomed), refusals that name another leader (only a reason to ask). What
/// holds: a cluster with a trust log welcomes its leader only. A new leader must show its takeover first.
void TestLinkProofs::theRightAloneMakesNoPrimary()
{
    TestCluster a{"a"}, b{"b"}, copy{"copy"};
    QVERIFY(!a.manager().operations().enablePrimary(Type::Performance, "").isError);
    QVERIFY(!a.manager().operations().enablePrimary(Type::Dr, "").isError);
    QVERIFY(!b.follow(a, Type::Performance, "b").isError);
    QVERIFY(!copy.follow(a, Type::Dr, "copy").isError);
    QVERIFY(copy.isInSyncWith(a, Type::Dr));
    QVERIFY(eventually([&] {
        const auto log = b.manager().roles().trust(Type::Performance);
        return log && log->judge().maySucceed(copy.memberKey());
    }));
    QVERIFY(b.isInSyncWith(a, Type::Performance));
    // The copy leads as if it were its primary, with the primary's statement and its own key.
    const Role copied = storedRole(a, Type::Performance);
    storeRole(copy, Type::Dr, Role{});
    storeRole(copy, Type::Performance, copied);
    const std::string address = a.address();
    a.shutDown();
    copy.restart(&a);
    QCOMPARE(copy.stateText(Type::Performance, "mode"), std::string{"primary"});
    QVERIFY(copy.putShared("logical/x/evil", "evil"));
    QVERIFY(!b.manager().activation().update(Type::Performance, {.unwrap = {}, .addresses = {copy.address()}}).isError);
    QVERIFY(eventually([&] {
        return b.manager().roles().report(Type::Performance).lastError.find("does not show that this cluster is the primary") != std::string::npos;
    }));
    QVERIFY(!b.getShared("logical/x/evil"));
    a.restart();
    QVERIFY(!b.manager().activation().update(Type::Performance, {.unwrap = {}, .addresses = {address}}).isError);
    QVERIFY(b.isInSyncWith(a, Type::Performance));
}

void TestLinkProofs::aTokenUsedTwiceGivesOneSeat()
{
    TestCluster a{"a"}, b{"b"}, c{"c"};
    QVERIFY(!a.manager().operations().enablePrimary(Type::Performance, "").isError);
    const std::string token = a.token(Type::Performance, "b");
    TestCluster::tokens()["stolen"] = TestCluster::tokens()[token];
    QVERIFY(!b.manager().activation().enable(Type::Performance, {.token = token}).isError);
    b.manager().waitUntilIdle();
    QVERIFY(b.isInSyncWith(a, Type::Performance));
    const auto second = c.manager().activation().enable(Type::Performance, {.token = "stolen"});
    QVERIFY(second.isError);
    QVERIFY2(second.errors.front().find("token used twice") != std::string::npos, second.errors.front().c_str());
    QVERIFY(c.manager().roles().mode(Type::Performance) == Mode::Disabled); // nothing was wiped
    QVERIFY(b.isInSyncWith(a, Type::Performance));
    QCOMPARE(storedRole(a, Type::Performance).find("b")->memberKey, b.memberKey());
}

/// The token names the primary's key. A cluster in between that has the authority's key cannot answer in its place.
void TestLinkProofs::theAnswerToATokenMustBeSignedByThePrimary()
{
    TestCluster a{"a"}, b{"b"}, thief{"thief"};
    QVERIFY(!a.manager().operations().enablePrimary(Type::Dr, "").isError);
    const std::string token = a.token(Type::Dr, "b");
    storeRole(thief, Type::Dr, storedRole(a, Type::Dr));
    thief.restart();
    TestCluster::tokens()[token]["primary_cluster_addr"] = thief.address();
    const auto refused = b.manager().activation().enable(Type::Dr, {.token = token});
    QVERIFY(refused.isError);
    QVERIFY2(refused.errors.front().find("not signed by the primary") != std::string::npos, refused.errors.front().c_str());
    QVERIFY(b.manager().roles().mode(Type::Dr) == Mode::Disabled);
}

/// The certificate and its key are in the activation token. A thief with both, and with the set's keys, does not get the data.
void TestLinkProofs::aStolenCertificateGetsNoSeat()
{
    TestCluster a{"a"}, b{"b"}, thief{"thief"};
    QVERIFY(!a.manager().operations().enablePrimary(Type::Performance, "").isError);
    QVERIFY(!b.follow(a, Type::Performance, "b").isError);
    QVERIFY(b.isInSyncWith(a, Type::Performance));
    storeRole(thief, Type::Performance, storedRole(b, Type::Performance));
    b.shutDown();
    thief.restart();
    QVERIFY(a.putShared("logical/x/1", "secret"));
    QVERIFY(eventually([&] {
        return thief.manager().roles().report(Type::Performance).lastError.find("another cluster's key holds this seat") != std::string::npos;
    }));
    QVERIFY(!thief.getShared("logical/x/1"));
    b.restart(&a);
    QVERIFY(b.isInSyncWith(a, Type::Performance));
}

/// The DR copy of a performance secondary has another member key. Its secondary sends that key in advance.
void TestLinkProofs::aCopyReplacesItsSecondary()
{
    TestCluster a{"a"}, s{"s"}, copy{"copy"};
    QVERIFY(!a.manager().operations().enablePrimary(Type::Performance, "").isError);
    QVERIFY(!s.follow(a, Type::Performance, "s").isError);
    QVERIFY(s.isInSyncWith(a, Type::Performance));
    QVERIFY(!s.manager().operations().enablePrimary(Type::Dr, "").isError);
    QVERIFY(!copy.follow(s, Type::Dr, "copy").isError);
    QVERIFY(copy.isInSyncWith(s, Type::Dr));
    QVERIFY(eventually([&] { return storedRole(a, Type::Performance).find("s")->standIns == std::vector<std::string>{copy.memberKey()}; }));
    s.shutDown();
    QVERIFY(!copy.manager().operations().promoteSecondary(Type::Dr, "", false).isError);
    QVERIFY(a.putShared("logical/x/1", "after"));
    QVERIFY(eventually([&] { return copy.getShared("logical/x/1") == "after"; }));
    QVERIFY(eventually([&] { return storedRole(a, Type::Performance).find("s")->memberKey == copy.memberKey(); }));
    // The secondary that was replaced cannot get back into the seat.
    s.restart(&a);
    QVERIFY(eventually(
        [&] { return s.manager().roles().report(Type::Performance).lastError.find("another cluster's key holds this seat") != std::string::npos; }));
}

QTEST_GUILESS_MAIN(TestLinkProofs)
#include "tst_link_proofs.moc"
