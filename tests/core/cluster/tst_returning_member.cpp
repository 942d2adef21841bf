#include "tests/core/cluster/test_cluster.h"

using namespace testing_cluster;

/// A member that was away while the primary revoked one of its copies. The copy calls itself the primary, and the member's list still gives it
/// the right.
///
/// Class: a cluster acts on an old list although others that it can reach have a newer one. It could occur where a takeover arrives: with an
/// epoch statement that a member shows, over a link that reaches the copy first, by entries that any cluster sends, in the performance log
/// of a DR secondary. What holds now: before it follows another leader, a cluster asks the leader before and the other members for newer
/// lists. If nobody answers, the takeover counts, and a list that arrives before the new leader has welcomed the cluster still brings it
/// back.
class TestReturningMember : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void itStaysWithThePrimary_data();
    void itStaysWithThePrimary();
    void aLawfulSuccessorIsFollowed();
    void aCutOffMemberFollowsTheCopy();
};

namespace {

using Clusters = std::vector<TestCluster*>;

Role storedRole(TestCluster& cluster, Type type)
{
    log::Transaction transaction = cluster.store().begin();
    auto role = Role::load({transaction, cluster.barrier(), {}}, type);
    if (!role) qFatal("role: %s", role.error().detail.c_str());
    return std::move(*role);
}

/// What a member that is away remembers of the others.
bool knows(TestCluster& member, Type type, const std::string& key)
{
    return eventually([&] {
        log::Transaction transaction = member.store().begin();
        const auto members = loadMembers({transaction, member.barrier(), {}}, type);
        return members && std::ranges::any_of(*members, [&](const Member& one) { return one.memberKey == key && !one.fingerprint.empty(); });
    });
}

bool eventuallyTicking(const Clusters& all, const std::function<bool()>& condition)
{
    return eventually([&] {
        for (TestCluster* cluster : all) {
            cluster->manager().tick();
            cluster->peers().tick();
        }
        return condition();
    });
}

/// A primary of both types, a performance secondary, a DR copy, and a DR copy that is going to be revoked.
struct Set {
    TestCluster p{"p"}, s{"s"}, d{"d"}, x{"x"};

    Set()
    {
        if (p.manager().operations().enablePrimary(Type::Performance, "").isError || p.manager().operations().enablePrimary(Type::Dr, "").isError)
            qFatal("enable");
        const bool isThere = !s.follow(p, Type::Performance, "s").isError && !d.follow(p, Type::Dr, "d").isError &&
                             !x.follow(p, Type::Dr, "x").isError && s.isInSyncWith(p, Type::Performance) && d.isInSyncWith(p, Type::Dr) &&
                             x.isInSyncWith(p, Type::Dr);
        if (!isThere) qFatal("follow");
        const auto mayLead = [&](TestCluster& member, Type type) {
            return eventually([&] {
                const auto log = member.manager().roles().trust(type);
                return log && log->judge().maySucceed(d.memberKey()) && log->judge().maySucceed(x.memberKey());
            });
        };
        const bool isKnown = knows(s, Type::Performance, p.memberKey()) && knows(s, Type::Performance, d.memberKey()) &&
                             knows(s, Type::Performance, x.memberKey()) && knows(d, Type::Dr, p.memberKey()) && knows(d, Type::Dr, x.memberKey()) &&
                             knows(x, Type::Dr, d.memberKey());
        if (!isKnown || !mayLead(s, Type::Performance) || !mayLead(d, Type::Performance) || !mayLead(d, Type::Dr)) qFatal("members");
    }
    /// The member is away, the primary revokes x, and x takes over.
    void revokeAndTakeOver(TestCluster& away, bool isRevoked = true)
    {
        away.shutDown();
        x.shutDown();
        if (isRevoked && p.manager().seats().revokeSecondary(Type::Dr, "x", SecondarySeats::Side::Primary, false).isError) qFatal("revoke");
        const auto isKnown = [&](TestCluster& member) {
            return eventually([&] { return member.manager().roles().trust(Type::Performance)->judge().isRevoked(x.memberKey()); });
        };
        for (TestCluster* member : {&s, &d}) {
            if (member != &away && isRevoked && !isKnown(*member)) qFatal("list");
        }
        p.shutDown();
        x.restart(&p);
        if (x.manager().operations().promoteSecondary(Type::Dr, "", true).isError) qFatal("promote");
        if (x.manager().roles().trust(Type::Performance)->head().authority != x.memberKey()) qFatal("no takeover");
        if (!x.putShared("logical/x/evil", "evil")) qFatal("put");
    }
    /// The member's next link begins at this address.
    void aim(TestCluster& member, Type type, const std::string& address) const
    {
        Role role = storedRole(member, type);
        role.primaryAddresses = {address};
        role.failoverAddresses.clear();
        log::Transaction transaction = member.store().begin();
        if (!role.store({transaction, member.barrier(), kRoleAccess}, type) || !member.store().commitAndWait(std::move(transaction))) qFatal("aim");
    }
};

bool isContested(TestCluster& cluster, Type type)
{
    const auto log = cluster.manager().roles().trust(type);
    return log && !log->judge().contested().empty();
}

} // namespace

void TestReturningMember::itStaysWithThePrimary_data()
{
    QTest::addColumn<bool>("isDr");
    QTest::addColumn<bool>("isPrimaryAway");
    QTest::newRow("performance secondary, the primary answers") << false << false;
    QTest::newRow("performance secondary, another member answers") << false << true;
    QTest::newRow("DR secondary, the primary answers") << true << false;
}

void TestReturningMember::itStaysWithThePrimary()
{
    QFETCH(bool, isDr);
    QFETCH(bool, isPrimaryAway);
    const Type type = isDr ? Type::Dr : Type::Performance;
    Set set;
    auto& [p, s, d, x] = set;
    TestCluster& member = isDr ? d : s;
    set.aim(member, type, x.address());
    const auto before = member.manager().roles().trust(type);
    set.revokeAndTakeOver(member);
    if (!isPrimaryAway) p.restart();
    member.restart(&p);
    if (isDr) { // x has a new transport authority, so no link reaches it. It shows its takeover over hf_peer_v1.
        const auto entries = x.manager().roles().trust(Type::Dr)->missingAt(before->head().hash);
        member.manager().events().trustTold({.link = type, .message = {.type = type, .entries = entries, .log = {}}, .provenKey = {}, .from = "x"});
    }
    Clusters all{&x, &s, &d};
    if (!isPrimaryAway) all.push_back(&p);
    QVERIFY(eventuallyTicking(all, [&] { return isContested(member, type); }));
    member.manager().waitUntilIdle();
    QCOMPARE(storedRole(member, type).primaryKey, p.memberKey());
    QVERIFY(!member.getShared("logical/x/evil"));
    if (isPrimaryAway) {
        p.restart();
        all.push_back(&p);
    }
    QVERIFY(p.putShared("logical/x/good", "good"));
    QVERIFY(eventuallyTicking(all, [&] { return member.getShared("logical/x/good") == "good"; }));
    QVERIFY(!member.getShared("logical/x/evil"));
    QVERIFY(member.manager().roles().trust(type)->judge().isRevoked(x.memberKey()));
}

/// The same without a revocation: the member follows.
void TestReturningMember::aLawfulSuccessorIsFollowed()
{
    Set set;
    auto& [p, s, d, x] = set;
    set.revokeAndTakeOver(s, false);
    s.restart(&p);
    QVERIFY(eventuallyTicking({&s, &d, &x}, [&] { return s.getShared("logical/x/evil") == "evil"; }));
    QVERIFY(!isContested(s, Type::Performance));
    QCOMPARE(storedRole(s, Type::Performance).primaryKey, x.memberKey());
}

/// The gap that is left (core/trust/README.md): the member reaches no other cluster. When it hears the revocation after the copy has welcomed it,
/// an operator decides.
void TestReturningMember::aCutOffMemberFollowsTheCopy()
{
    Set set;
    auto& [p, s, d, x] = set;
    set.revokeAndTakeOver(s);
    d.shutDown();
    s.restart(&p);
    QVERIFY(eventuallyTicking({&s, &x}, [&] { return s.getShared("logical/x/evil") == "evil" && storedRole(s, Type::Performance).leftKey.empty(); }));
    p.restart();
    const auto ofPrimary = p.manager().roles().trust(Type::Performance);
    s.manager().events().trustTold(
        {.link = Type::Performance,
         .message = {.type = Type::Performance,
                     .entries = ofPrimary->missingAt(s.manager().roles().trust(Type::Performance)->judge().chain().front()->hash),
                     .log = {}},
         .provenKey = {},
         .from = "the test"});
    s.manager().waitUntilIdle();
    QVERIFY(isContested(s, Type::Performance));
    QCOMPARE(storedRole(s, Type::Performance).primaryKey, x.memberKey());
}

QTEST_GUILESS_MAIN(TestReturningMember)
#include "tst_returning_member.moc"
