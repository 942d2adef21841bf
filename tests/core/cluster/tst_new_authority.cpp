#include "core/cluster/net/dialer.h"
#include "core/trust/rekey_due.h"
#include "tests/core/cluster/test_cluster.h"

#include <boost/asio/io_context.hpp>

using namespace testing_cluster;

/// After a member that may hold the key of the transport authority was revoked as compromised, certificates of the former authority open nothing, and
/// no member that stayed is lost.
///
/// Class: a key that was copied on purpose goes on counting after one of its holders turned out to be bad. The authority's key is held by DR copies
/// of a performance primary, by who was handed the role, and by who handed it over. Where else: the member and token keys (key_renewal.h), the terms of
/// the keyring and the key of wrapping tokens, which the same revocation replaces; the root key, which sys/rekey replaces.
class TestNewAuthority : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void certificatesOfTheFormerOneOpenNothing();
    void whoWasAwayComesBack_data();
    void whoWasAwayComesBack();
    void membersFollowACopyThatWasPromotedInBetween();
    void membersFollowACopyThatMissedTheChange();
    void itStaysWhereTheRevokedMemberNeverHeldIt();
    void aFormerPrimaryHeldIt();
    void unusedTokensEnd();
    void aRevocationThatWasInterruptedIsFinished();
};

namespace {

using Clusters = std::vector<TestCluster*>;

/// As the server does once a second.
bool eventuallyTicking(const Clusters& clusters, const std::function<bool()>& condition)
{
    return eventually([&] {
        for (TestCluster* cluster : clusters) cluster->manager().tick();
        return condition();
    });
}

Role storedRole(TestCluster& cluster, Type type)
{
    log::Transaction transaction = cluster.store().begin();
    auto role = Role::load({transaction, cluster.barrier(), {}}, type);
    if (!role) qFatal("role: %s", role.error().detail.c_str());
    return std::move(*role);
}

std::string authorityOf(TestCluster& cluster, Type type)
{
    const Role role = storedRole(cluster, type);
    return role.authority ? role.authority->certificate : role.authorityCertificate;
}

mount::Response revoke(TestCluster& primary, Type type, const std::string& id)
{
    return primary.manager().seats().revokeSecondary(type, id, SecondarySeats::Side::Primary, true);
}

std::string listOf(const mount::Response& response, const char* field)
{
    return response.data ? boost::json::serialize(response.data->at(field)) : "no data";
}

bool namesWaiting(TestCluster& primary, Type type, const std::string& id)
{
    const auto status = primary.manager().reports().status(type);
    const auto* waiting = status.if_contains("without_new_transport_ca");
    return waiting && boost::json::serialize(*waiting).find('"' + id + '"') != std::string::npos;
}

bool follows(TestCluster& secondary, TestCluster& primary, const std::string& path, const Clusters& ticking)
{
    if (!primary.putShared(path, "newer")) return false;
    return eventuallyTicking(ticking, [&] { return secondary.getShared(path) == "newer"; });
}

/// Why the cluster port ends a connection with this certificate; empty: it lets it in.
std::string refusalOf(TestCluster& primary, const crypto::Identity& identity, const std::string& authority, const std::string& protocol)
{
    boost::asio::io_context context;
    bool isClosed = false;
    std::string why;
    auto dialled = cluster::dial(context, {primary.address(), identity, authority, protocol},
                                 {
                                     .ready = [] {},
                                     .received = [](const Frame&) {},
                                     .pull = [] { return std::string{}; },
                                     .closed =
                                         [&](const Error& error) {
                                             isClosed = true;
                                             why = error.detail;
                                         },
                                 });
    if (!dialled) return dialled.error().detail;
    const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds{500};
    while (!isClosed && std::chrono::steady_clock::now() < until) {
        context.restart();
        context.poll();
    }
    (*dialled)->close(Error{ErrorCode::Cancelled, "the test ends"});
    context.restart();
    context.run();
    return isClosed && why != "the test ends" ? why : std::string{};
}

/// On its disk: what a member that is away remembers of the others.
bool knows(TestCluster& member, Type type, const std::string& key)
{
    return eventually([&] {
        log::Transaction transaction = member.store().begin();
        const auto members = loadMembers({transaction, member.barrier(), {}}, type);
        return members && std::ranges::any_of(*members, [&](const Member& one) { return one.memberKey == key && !one.fingerprint.empty(); });
    });
}

/// A primary of both types with a performance secondary, a good DR copy, and one that is going to be bad.
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
        const bool isKnown = knows(s, Type::Performance, p.memberKey()) && knows(s, Type::Performance, d.memberKey()) &&
                             knows(d, Type::Dr, s.memberKey()) && knows(p, Type::Performance, s.memberKey());
        const bool mayLead = eventually([&] { // by the list that the secondary holds
            const auto log = s.manager().roles().trust(Type::Performance);
            return log && log->judge().maySucceed(d.memberKey());
        });
        if (!isKnown || !mayLead) qFatal("members");
    }
};

} // namespace

void TestNewAuthority::certificatesOfTheFormerOneOpenNothing()
{
    Set set;
    auto& [p, s, d, x] = set;
    const Role copied = storedRole(x, Type::Performance); // with the authority and its key
    QVERIFY(copied.authority.has_value());
    QCOMPARE(copied.authority->certificate, authorityOf(p, Type::Performance));
    const auto forged = crypto::issueCertificate(*copied.authority, {.commonName = "forged"}, SystemClock{}.now());
    QVERIFY(forged.has_value());
    // Until now such a certificate passes TLS and is refused behind it, because no secondary has it.
    for (const char* protocol : {kPerformanceProtocol, kForwardProtocol})
        QVERIFY(refusalOf(p, *forged, copied.authority->certificate, protocol).find("certificate") == std::string::npos);

    const auto answer = revoke(p, Type::Dr, "x");
    QVERIFY(!answer.isError);
    QCOMPARE(listOf(answer, "new_transport_ca"), std::string{R"(["performance"])"});
    QCOMPARE(listOf(answer, "without_new_transport_ca"), std::string{R"(["s"])"});
    const std::string next = authorityOf(p, Type::Performance);
    QVERIFY(next != copied.authority->certificate);
    for (const char* protocol : {kPerformanceProtocol, kForwardProtocol}) {
        const auto why = refusalOf(p, *forged, next, protocol);
        QVERIFY2(why.find("refuses this end's certificate: it comes from an authority that it does not know") != std::string::npos, why.c_str());
    }
    const auto onDr = refusalOf(p, *forged, authorityOf(p, Type::Dr), kDrProtocol);
    QVERIFY2(onDr.find("refuses this end's certificate") != std::string::npos, onDr.c_str());

    // Who stayed knows the new one soon, and is followed no further by a server of the former one.
    const Clusters all{&p, &s, &d};
    QVERIFY(eventuallyTicking(all, [&] { return authorityOf(s, Type::Performance) == next && !namesWaiting(p, Type::Performance, "s"); }));
    QVERIFY(eventuallyTicking(all, [&] { return authorityOf(d, Type::Performance) == next; }));
    QVERIFY(follows(s, p, "logical/x/1", all));
    QVERIFY(follows(d, p, "logical/x/2", all));
    TestCluster thief{"thief"};
    {
        log::Transaction transaction = thief.store().begin();
        QVERIFY(copied.store({transaction, thief.barrier(), kRoleAccess}, Type::Performance).has_value());
        QVERIFY(thief.store().commitAndWait(std::move(transaction)).has_value());
    }
    thief.restart();
    QVERIFY(thief.putShared("logical/x/evil", "evil"));
    const auto why = refusalOf(thief, *storedRole(s, Type::Performance).identity, next, kPerformanceProtocol);
    QVERIFY2(why.find("comes from another authority than this end knows") != std::string::npos, why.c_str());
    QVERIFY(!s.manager().activation().update(Type::Performance, {.unwrap = {}, .addresses = {thief.address()}}).isError);
    QVERIFY(follows(s, p, "logical/x/3", all)); // it knows the true one's address as well
    QVERIFY(!s.getShared("logical/x/evil"));
}

void TestNewAuthority::whoWasAwayComesBack_data()
{
    QTest::addColumn<bool>("restartsPrimary");
    QTest::newRow("the primary goes on") << false;
    QTest::newRow("the primary starts again") << true;
}

void TestNewAuthority::whoWasAwayComesBack()
{
    QFETCH(bool, restartsPrimary);
    Set set;
    auto& [p, s, d, x] = set;
    const std::string former = authorityOf(p, Type::Performance);
    s.shutDown();
    d.shutDown();
    QVERIFY(!revoke(p, Type::Dr, "x").isError);
    if (restartsPrimary) p.restart();
    QVERIFY(namesWaiting(p, Type::Performance, "s"));
    QVERIFY(p.putShared("logical/x/1", "while it was away"));
    s.restart(&p);
    d.restart(&p);
    QCOMPARE(authorityOf(s, Type::Performance), former);
    const Clusters all{&p, &s, &d};
    QVERIFY(eventuallyTicking(
        all, [&] { return s.getShared("logical/x/1") == "while it was away" && d.getShared("logical/x/1") == "while it was away"; }));
    QVERIFY(eventuallyTicking(all, [&] { return !namesWaiting(p, Type::Performance, "s"); }));
    QCOMPARE(authorityOf(s, Type::Performance), authorityOf(p, Type::Performance));
    QVERIFY(eventuallyTicking(all, [&] { return authorityOf(d, Type::Performance) == authorityOf(p, Type::Performance); }));
}

/// The copy has the new authority by its link, and the secondary that was away meets it with the former one.
void TestNewAuthority::membersFollowACopyThatWasPromotedInBetween()
{
    Set set;
    auto& [p, s, d, x] = set;
    s.shutDown();
    QVERIFY(!revoke(p, Type::Dr, "x").isError);
    const std::string next = authorityOf(p, Type::Performance);
    QVERIFY(eventuallyTicking({&p, &d}, [&] { return authorityOf(d, Type::Performance) == next; }));
    QVERIFY(d.isInSyncWith(p, Type::Dr));
    p.shutDown();
    QVERIFY(!d.manager().operations().promoteSecondary(Type::Dr, "", true).isError);
    QVERIFY(namesWaiting(d, Type::Performance, "s"));
    s.restart(&p);
    const Clusters all{&d, &s};
    QVERIFY(follows(s, d, "logical/x/1", all));
    QVERIFY(eventuallyTicking(all, [&] { return !namesWaiting(d, Type::Performance, "s") && authorityOf(s, Type::Performance) == next; }));
}

/// The other way round: the copy was away, and leads with the former authority. The secondary comes all the same.
void TestNewAuthority::membersFollowACopyThatMissedTheChange()
{
    Set set;
    auto& [p, s, d, x] = set;
    const std::string former = authorityOf(p, Type::Performance);
    d.shutDown();
    QVERIFY(!revoke(p, Type::Dr, "x").isError);
    QVERIFY(eventuallyTicking({&p, &s}, [&] { return authorityOf(s, Type::Performance) == authorityOf(p, Type::Performance); }));
    p.shutDown();
    d.restart(&p);
    QVERIFY(!d.manager().operations().promoteSecondary(Type::Dr, "", true).isError);
    QCOMPARE(authorityOf(d, Type::Performance), former);
    QVERIFY(follows(s, d, "logical/x/1", {&d, &s}));
}

void TestNewAuthority::itStaysWhereTheRevokedMemberNeverHeldIt()
{
    Set set;
    auto& [p, s, d, x] = set;
    const std::string before = authorityOf(p, Type::Performance), beforeDr = authorityOf(p, Type::Dr);
    const auto answer = revoke(p, Type::Performance, "s");
    QVERIFY(!answer.isError);
    QCOMPARE(listOf(answer, "new_transport_ca"), std::string{"[]"});
    QCOMPARE(authorityOf(p, Type::Performance), before);
    QCOMPARE(authorityOf(p, Type::Dr), beforeDr);
    // An older version has not noted it, so it may have held it.
    TestCluster other{"other"};
    QVERIFY(!other.follow(p, Type::Performance, "other").isError);
    const auto forget = [&] {
        Role role = storedRole(p, Type::Performance);
        for (auto& secondary : role.secondaries) secondary.authorityHeld = AuthorityHeld::NotKnown;
        log::Transaction transaction = p.store().begin();
        return role.store({transaction, p.barrier(), kRoleAccess}, Type::Performance) && p.store().commitAndWait(std::move(transaction));
    };
    // The manager of the running cluster stores its own copy of the role when a member shows a new key, so the test looks which copy stayed.
    QVERIFY(eventually([&] {
        if (!forget()) return false;
        p.restart();
        const auto* seat = p.manager().roles().role(Type::Performance)->find("other");
        return seat && seat->authorityHeld == AuthorityHeld::NotKnown;
    }));
    QCOMPARE(listOf(revoke(p, Type::Performance, "other"), "new_transport_ca"), std::string{R"(["performance"])"});
}

/// It handed the role over, with the authority. The third member may see the leader's new key in the trust log before it has a list of members with it, and
/// asks that leader all the same.
void TestNewAuthority::aFormerPrimaryHeldIt()
{
    TestCluster a{"a"}, b{"b"}, c{"c"};
    QVERIFY(!a.manager().operations().enablePrimary(Type::Performance, "").isError);
    QVERIFY(!b.follow(a, Type::Performance, "b").isError);
    QVERIFY(!c.follow(a, Type::Performance, "c").isError);
    QVERIFY(b.isInSyncWith(a, Type::Performance));
    QVERIFY(c.isInSyncWith(a, Type::Performance));
    const std::string former = authorityOf(a, Type::Performance);
    QVERIFY(eventually([&] { return !a.manager().switchover().begin(Type::Performance, {.secondaryId = "b"}).isError; })); // once it streams
    QVERIFY(eventuallyTicking({&a, &b, &c}, [&] { return b.manager().roles().mode(Type::Performance) == Mode::Primary; }));
    QVERIFY(eventuallyTicking({&a, &b, &c}, [&] { return a.isInSyncWith(b, Type::Performance) && c.isInSyncWith(b, Type::Performance); }));
    QCOMPARE(authorityOf(b, Type::Performance), former);
    const auto answer = revoke(b, Type::Performance, a.manager().roles().role(Type::Performance)->secondaryId);
    QCOMPARE(listOf(answer, "new_transport_ca"), std::string{R"(["performance"])"});
    QVERIFY(authorityOf(b, Type::Performance) != former);
    QVERIFY(follows(c, b, "logical/x/1", {&b, &c}));
    // A member that was never offered the role did not hold it.
    QVERIFY(storedRole(b, Type::Performance).find("c")->authorityHeld == AuthorityHeld::No);
}

void TestNewAuthority::unusedTokensEnd()
{
    Set set;
    auto& [p, s, d, x] = set;
    const std::string token = p.token(Type::Performance, "later");
    const auto answer = revoke(p, Type::Dr, "x");
    const auto named = [](const std::string& text) { return text.find("\"later\"") != std::string::npos; };
    QVERIFY(std::ranges::any_of(answer.warnings, named));
    QVERIFY(!storedRole(p, Type::Performance).find("later"));
    TestCluster other{"other"};
    QVERIFY(other.manager().activation().enable(Type::Performance, {.token = token}).isError);
    QVERIFY(other.manager().roles().mode(Type::Performance) == Mode::Disabled);
    QVERIFY(!other.follow(p, Type::Performance, "later").isError);
    QVERIFY(other.isInSyncWith(p, Type::Performance));
}

/// The process ends behind the transaction that ends the membership: the next start does the rest.
void TestNewAuthority::aRevocationThatWasInterruptedIsFinished()
{
    TestCluster p{"p"};
    QVERIFY(!p.manager().operations().enablePrimary(Type::Performance, "").isError);
    const std::string key = p.memberKey();
    const auto due = [&] {
        log::Transaction transaction = p.store().begin();
        return trust::RekeyDue::load({transaction, p.barrier(), {}}).value();
    };
    {
        trust::RekeyDue begun;
        begun.add("x");
        begun.isUnfinished = true;
        log::Transaction transaction = p.store().begin();
        QVERIFY(begun.store({transaction, p.barrier(), kRoleAccess}).has_value());
        QVERIFY(p.store().commitAndWait(std::move(transaction)).has_value());
    }
    p.restart();
    QVERIFY(eventuallyTicking({&p}, [&] { return !due().isUnfinished && due().renewal == 1 && p.memberKey() != key; }));
    QVERIFY(due().isRequired());
}

QTEST_GUILESS_MAIN(TestNewAuthority)
#include "tst_new_authority.moc"
