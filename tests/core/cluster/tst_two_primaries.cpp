#include "tests/core/cluster/test_cluster.h"

#include "core/base/encoding.h"
#include "core/replication/promotion/former_primary_watch.h"

#include <future>

using namespace testing_cluster;

/// Two primaries of one set, neither of which stops for the other: a cluster was made primary without the right while the former primary was away.
///
/// Class: clusters that go on although the set has moved, because they have no member in common with the new leader. Where else: `primary/enable`
/// with `recover` on restored storage (tests/api/recover_primary.py), a promotion by force. What holds: a member that changed sides makes both
/// known to each other; both raise the alarm, neither changes its role; who is no member of a cluster cannot make it raise the alarm.
class TestTwoPrimaries : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void bothAreToldByTheMemberThatChangedSides();
    void aPromotedMemberTellsOfItsFormerPrimaryItself();
    void nobodyElseRaisesTheAlarm_data();
    void nobodyElseRaisesTheAlarm();
};

namespace {

constexpr Type kType = Type::Performance;

/// A primary "a" that is down, and "t", which was promoted without the right; "s" has changed sides with a token.
struct Set {
    TestCluster a{"a"}, s{"s"}, t{"t"};

    bool begin()
    {
        if (a.manager().operations().enablePrimary(kType, "").isError) return false;
        for (TestCluster* each : {&s, &t}) {
            if (each->follow(a, kType, each->clusterName()).isError || !each->isInSyncWith(a, kType)) return false;
        }
        if (!eventually([&] { return hasStoredPrimary(s) && hasStoredPrimary(t) && knowsBoth(); })) return false;
        a.shutDown();
        if (t.manager().operations().promoteSecondary(kType, "", true).isError) return false;
        SecondaryActivation::UpdateOptions options;
        options.unwrap.token = t.token(kType, "s again");
        return !s.manager().activation().update(kType, options).isError && s.isInSyncWith(t, kType);
    }
    static bool hasStoredPrimary(TestCluster& cluster)
    {
        log::Transaction transaction = cluster.store().begin();
        const auto members = loadMembers(barrier::Scope{transaction, cluster.barrier(), kRoleAccess}, kType);
        return members && std::ranges::any_of(*members, [](const Member& one) { return one.isPrimary && !one.memberKey.empty(); });
    }
    bool knowsBoth() // after a restart too: who has told its certificate is stored
    {
        log::Transaction transaction = a.store().begin();
        const auto members = loadMembers(barrier::Scope{transaction, a.barrier(), kRoleAccess}, kType);
        return members && members->size() == 2;
    }
};

/// Whether the cluster comes to have so many other primaries, while `watch` asks.
bool comesToKnow(TestCluster& cluster, std::size_t count, FormerPrimaryWatch& watch)
{
    return eventually([&] {
        watch.tick();
        return cluster.manager().otherPrimaries().list(kType).size() == count;
    });
}

FormerPrimaryWatch::Services servicesOf(TestCluster& cluster, const Clock& clock)
{
    return {cluster.store(), cluster.barrier(), clock, cluster.manager(), std::chrono::milliseconds{100}, std::chrono::milliseconds{500}};
}

wire::PeerAnswer ask(TestCluster& cluster, const Member& peer, const wire::PeerRequest& request)
{
    std::promise<wire::PeerAnswer> said;
    cluster.peers().answers().answer(peer, request, [&](wire::PeerAnswer answer) { said.set_value(std::move(answer)); });
    return said.get_future().get();
}

} // namespace

void TestTwoPrimaries::bothAreToldByTheMemberThatChangedSides()
{
    const SystemClock clock;
    Set set;
    QVERIFY(set.begin());
    set.a.restart();
    FormerPrimaryWatch watch{servicesOf(set.s, clock)};
    watch.start(&set.s.port());
    QVERIFY(comesToKnow(set.a, 1, watch));
    QVERIFY(comesToKnow(set.t, 1, watch));

    const auto atFormer = set.a.manager().otherPrimaries().list(kType).front();
    QCOMPARE(atFormer.clusterName, std::string{"t"});
    QCOMPARE(atFormer.apiAddress, std::string{"https://t"});
    QVERIFY(atFormer.toldBy == std::vector<std::string>{"s"});
    QVERIFY(atFormer.epoch == Epoch{2});
    const auto atLeader = set.t.manager().otherPrimaries().list(kType).front();
    QCOMPARE(atLeader.clusterName, std::string{"a"});
    QVERIFY(atLeader.toldBy == std::vector<std::string>{"s again"});
    QVERIFY(atLeader.nextStep.find("demote it there") != std::string::npos);

    // An alarm changes nothing.
    QVERIFY(set.a.manager().writeRefusal().empty() && set.t.manager().writeRefusal().empty());
    QVERIFY(set.a.putShared("logical/x/1", "goes on"));
    // The verdict of the link says it, and so does the status.
    boost::json::object status = set.a.manager().reports().status(kType);
    set.a.peers().links().addVerdicts(kType, status);
    QCOMPARE(status.at("two_primaries").as_array().size(), std::size_t{1});
    const auto links = *set.a.peers().links().links().data;
    QCOMPARE(links.at("links").at(0).at("verdict").as_string(), std::string_view{"two primaries"});

    QVERIFY(!set.a.manager().operations().demotePrimary(kType).isError);
    // A demoted cluster is no primary, and has no alarm. It has no list of members, so it answers none of them: at "t" the alarm ends when nobody
    // has repeated the claim for 90 seconds.
    QVERIFY(comesToKnow(set.a, 0, watch));
}

void TestTwoPrimaries::aPromotedMemberTellsOfItsFormerPrimaryItself()
{
    const SystemClock clock;
    Set set;
    QVERIFY(set.begin());
    // It follows "t", and is then promoted with the right that "t" gives it. Its former primary does not know of all this.
    QVERIFY(!set.t.manager().seats().setSuccession(kType, "s again", true).isError);
    QVERIFY(eventually([&] { return set.s.manager().roles().trust(kType)->judge().maySucceed(set.s.memberKey()); }));
    set.t.shutDown();
    QVERIFY(!set.s.manager().operations().promoteSecondary(kType, "", true).isError);
    set.a.restart();
    FormerPrimaryWatch watch{servicesOf(set.s, clock)};
    watch.start(&set.s.port());
    QVERIFY(comesToKnow(set.a, 1, watch));
    QVERIFY(comesToKnow(set.s, 1, watch));
    QCOMPARE(set.a.manager().otherPrimaries().list(kType).front().clusterName, std::string{"s"});
    QVERIFY(set.s.manager().otherPrimaries().list(kType).front().toldBy.empty()); // by itself
}

void TestTwoPrimaries::nobodyElseRaisesTheAlarm_data()
{
    QTest::addColumn<QString>("who");
    QTest::addColumn<bool>("isHeard");
    QTest::newRow("a present member") << "present" << true;
    QTest::newRow("a revoked member") << "revoked" << false;
    QTest::newRow("a cluster whose key is in no list") << "stranger" << false;
    QTest::newRow("a cluster that proves no key") << "no key" << false;
    QTest::newRow("a present member, with a statement of another set") << "other set" << false;
    QTest::newRow("a present member, with a statement of before") << "old" << false;
}

/// The statement is one that every former member can make: the key that signs it is the whole set's.
void TestTwoPrimaries::nobodyElseRaisesTheAlarm()
{
    QFETCH(QString, who);
    QFETCH(bool, isHeard);
    TestCluster a{"a"}, b{"b"}, c{"c"};
    QVERIFY(!a.manager().operations().enablePrimary(kType, "").isError);
    QVERIFY(!b.follow(a, kType, "b").isError);
    QVERIFY(b.isInSyncWith(a, kType));
    Member peer{kType, "b", "fingerprint", {"https://b", "https://b:1"}, {}, false, true, Succession::AsType, b.memberKey()};
    if (who == "revoked") QVERIFY(!a.manager().seats().revokeSecondary(kType, "b").isError);
    if (who == "stranger") peer.memberKey = c.memberKey();
    if (who == "no key") peer.memberKey.clear();
    EpochStatement statement;
    statement.type = kType;
    statement.setId = who == "other set" ? "another" : a.stateText(kType, "cluster_id");
    statement.epoch = Epoch{who == "old" ? 0U : 2U};
    statement.clusterId = "id of n";
    statement.clusterName = "n";
    statement.apiAddress = "https://n";
    statement.promotionId = "one";
    wire::PeerRequest later, former;
    later.mutable_promotion()->set_type(1);
    later.mutable_promotion()->set_statement(statement.sign(a.barrier().keyring()->forestKey()));
    later.mutable_promotion()->set_is_follower(true);
    former.mutable_former_primary()->set_type(1);
    former.mutable_former_primary()->set_api_address("https://old");
    former.mutable_former_primary()->set_member_key(c.memberKey());
    former.mutable_former_primary()->set_is_primary(true);

    const bool isStatementGood = who != "other set" && who != "old";
    // A claim that counts is shown after 5 s. A claim that does not count must not be shown by then either.
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{isHeard ? 30 : 6};
    while (std::chrono::steady_clock::now() < until && a.manager().otherPrimaries().list(kType).size() < 2) {
        ask(a, peer, later);
        if (isStatementGood) ask(a, peer, former);
        QTest::qWait(500);
    }
    const auto all = a.manager().otherPrimaries().list(kType);
    QCOMPARE(all.size(), isHeard ? std::size_t{2} : std::size_t{0});
    QVERIFY(a.manager().writeRefusal().empty());
}

QTEST_GUILESS_MAIN(TestTwoPrimaries)
#include "tst_two_primaries.moc"
