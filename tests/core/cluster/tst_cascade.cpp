#include "tests/core/cluster/test_cluster.h"

using namespace testing_cluster;
using core::barrier::StorageClass;

namespace {

/// An activation token of a relay for a cluster below it.
std::string relayToken(TestCluster& relay, const std::string& id)
{
    const auto response =
        relay.manager().seats().secondaryToken(Type::Performance, id, std::chrono::minutes{30}, {}, {}, SecondarySeats::Side::Relay);
    if (!response.data) qFatal("secondary-token: %s", response.errors.front().c_str());
    const std::string name = "relayed-" + std::to_string(TestCluster::tokens().size()) + "-" + id;
    TestCluster::tokens()[name] = *response.data;
    return name;
}

bool isRelaying(TestCluster& relay)
{
    return eventually(
        [&] { return relay.manager().reports().relay().at("enabled").as_bool() && relay.manager().reports().relay().at("state") == "running"; });
}

std::string textOf(const core::mount::Response& response)
{
    return response.errors.empty() ? std::string{} : response.errors.front();
}

} // namespace

class TestCascade : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init();
    void cleanup();
    void aRelaySendsOnWhatItReceives();
    void aRelayContinuesAfterRestarts();
    void ringsAreRefused();
    void aPromotedRelayKeepsItsSecondaries();
    void aNewPrimaryAboveDoesNotAffectTheRelaysSecondaries();
    void aRelayEndsOnRequest();
    void aCopyOfAClusterThatMovedBelowARelayFollowsTheRelay();
    void aMemberRevokedBelowARelayStaysOut();
    void aRevokedRelayTellsItsSecondaries();
    void thePrimaryKnowsTheSecondariesOfARelay();

private:
    /// a is the primary. b follows it and relays to c.
    std::unique_ptr<TestCluster> a, b, c;
};

void TestCascade::init()
{
    a = std::make_unique<TestCluster>("a");
    b = std::make_unique<TestCluster>("b");
    c = std::make_unique<TestCluster>("c");
    QVERIFY(a->putShared("logical/a/before", "1"));
    a->manager().operations().enablePrimary(Type::Performance, "");
    QVERIFY(!b->follow(*a, Type::Performance, "b").isError);
    QVERIFY(b->isInSyncWith(*a, Type::Performance));
    QVERIFY(b->put(StorageClass::Local, "sys/token/b", "local"));
    QVERIFY(!b->manager().relay().enable("").isError);
    QVERIFY(isRelaying(*b));
    const auto answer = c->manager().activation().enable(Type::Performance, {.token = relayToken(*b, "c")});
    QVERIFY2(!answer.isError, textOf(answer).c_str());
    c->manager().waitUntilIdle();
    QVERIFY(c->isInSyncWith(*b, Type::Performance));
}

void TestCascade::cleanup()
{
    c.reset();
    b.reset();
    a.reset();
}

void TestCascade::aRelaySendsOnWhatItReceives()
{
    QCOMPARE(c->getShared("logical/a/before").value_or(""), std::string{"1"});
    QVERIFY(!c->get(StorageClass::Local, "sys/token/b"));
    QVERIFY(a->putShared("logical/a/streamed", "2"));
    QVERIFY(eventually([&] { return c->getShared("logical/a/streamed") == "2"; }));
    QVERIFY(eventually([&] { return c->manager().reports().root(Type::Performance) == a->manager().reports().root(Type::Performance); }));
    QCOMPARE(c->stateText(Type::Performance, "cluster_id"), a->stateText(Type::Performance, "cluster_id"));
    const auto status = b->manager().reports().relay();
    QCOMPARE(boost::json::serialize(status.at("chain")), std::string{R"(["id of a"])"});
    QCOMPARE(boost::json::serialize(status.at("known_secondaries")), std::string{R"(["c"])"});
}

void TestCascade::aRelayContinuesAfterRestarts()
{
    b->restart(a.get());
    QVERIFY(a->putShared("logical/a/while", "3"));
    QVERIFY(eventually([&] { return c->getShared("logical/a/while") == "3"; }));
    // A relay that has not heard its primary since its start serves no secondary. After that it does.
    a->shutDown();
    b->restart(a.get());
    QVERIFY(eventually([&] { return b->stateText(Type::Performance, "connection_state") == "transient_failure"; }));
    QVERIFY(b->manager().reports().relay().at("state") == "idle");
    a->restart();
    QVERIFY(a->putShared("logical/a/again", "4"));
    QVERIFY(eventually([&] { return c->getShared("logical/a/again") == "4"; }));
}

void TestCascade::ringsAreRefused()
{
    QVERIFY(!c->manager().relay().enable("").isError);
    QVERIFY(isRelaying(*c));
    for (auto* above : {c.get(), b.get()}) {
        SecondaryActivation::UpdateOptions options;
        options.unwrap.token = relayToken(*above, "ring");
        const auto answer = b->manager().activation().update(Type::Performance, options);
        QVERIFY(answer.isError);
        QVERIFY2(textOf(answer).find("would close a ring") != std::string::npos, textOf(answer).c_str());
    }
    QVERIFY(a->putShared("logical/a/after", "5")); // nothing has changed
    QVERIFY(eventually([&] { return c->getShared("logical/a/after") == "5"; }));
}

void TestCascade::aPromotedRelayKeepsItsSecondaries()
{
    QVERIFY(!a->manager().operations().demotePrimary(Type::Performance).isError);
    QVERIFY(!b->manager().operations().promoteSecondary(Type::Performance, "", true).isError);
    QVERIFY(b->putShared("logical/a/promoted", "6"));
    QVERIFY(eventually([&] { return c->getShared("logical/a/promoted") == "6"; }));
    QVERIFY(eventually([&] { return c->manager().reports().status(Type::Performance).at("epoch") == 2; }));
    QVERIFY(!b->manager().relay().isOn());
    // The former relay comes back as a secondary of the cluster that was below it.
    SecondaryActivation::UpdateOptions options;
    options.unwrap.token = b->token(Type::Performance, "a");
    const auto answer = a->manager().activation().update(Type::Performance, options);
    QVERIFY2(!answer.isError, textOf(answer).c_str());
    QVERIFY(eventually([&] { return a->getShared("logical/a/promoted") == "6"; }));
}

void TestCascade::aNewPrimaryAboveDoesNotAffectTheRelaysSecondaries()
{
    TestCluster d{"d"};
    QVERIFY(!d.follow(*a, Type::Performance, "d").isError);
    QVERIFY(d.isInSyncWith(*a, Type::Performance));
    QVERIFY(!a->manager().operations().demotePrimary(Type::Performance).isError);
    QVERIFY(!d.manager().operations().promoteSecondary(Type::Performance, "", true).isError);
    SecondaryActivation::UpdateOptions options;
    options.unwrap.token = d.token(Type::Performance, "b");
    const auto answer = b->manager().activation().update(Type::Performance, options);
    QVERIFY2(!answer.isError, textOf(answer).c_str());
    QVERIFY(d.putShared("logical/a/of-d", "7"));
    QVERIFY(eventually([&] { return c->getShared("logical/a/of-d") == "7"; }));
    QVERIFY(eventually([&] { return c->manager().reports().status(Type::Performance).at("epoch") == 2; }));
    QVERIFY(b->manager().relay().isOn());
    QVERIFY(eventually([&] { return boost::json::serialize(b->manager().reports().relay().at("chain")) == R"(["id of d"])"; }));
}

void TestCascade::aRelayEndsOnRequest()
{
    QVERIFY(!b->manager().seats().revokeSecondary(Type::Performance, "c", SecondarySeats::Side::Relay).isError);
    QVERIFY(eventually([&] { return c->stateText(Type::Performance, "connection_state") != "ready"; }));
    QVERIFY(b->manager().seats().revokeSecondary(Type::Performance, "c").isError); // only a primary may do that
    QVERIFY(!b->manager().relay().disable().isError);
    QVERIFY(b->manager().relay().disable().isError);
    QVERIFY(!b->manager().relay().isOn());
    QVERIFY(a->putShared("logical/a/on", "8"));
    QVERIFY(eventually([&] { return b->getShared("logical/a/on") == "8"; })); // the relay itself continues
    QVERIFY(a->manager().relay().enable("").isError);
}

/// The class: a DR copy keeps a trust log that the copied cluster has ended or replaced, and obeys it after its promotion. It could be a
/// copy of a cluster that moved below a relay (here; seed 1000090 of the simulator), or of one whose operator gave it a token of a leader
/// without the right. What holds now: a promoted copy drops a log that does not name the cluster that it must follow, and follows that
/// cluster by its key.
void TestCascade::aCopyOfAClusterThatMovedBelowARelayFollowsTheRelay()
{
    TestCluster s{"s"}, d{"d"};
    QVERIFY(!s.follow(*a, Type::Performance, "s").isError);
    QVERIFY(s.isInSyncWith(*a, Type::Performance));
    QVERIFY(!s.manager().operations().enablePrimary(Type::Dr, "").isError);
    QVERIFY(!d.follow(s, Type::Dr, "d").isError);
    QVERIFY(d.isInSyncWith(s, Type::Dr));
    QVERIFY(eventually([&] { return d.manager().roles().trust(Type::Performance) != nullptr; }));
    SecondaryActivation::UpdateOptions options;
    options.unwrap.token = relayToken(*b, "below");
    QVERIFY(!s.manager().activation().update(Type::Performance, options).isError);
    QVERIFY(s.isInSyncWith(*b, Type::Performance));
    QVERIFY(d.isInSyncWith(s, Type::Dr)); // with the role that it would play after a promotion
    QVERIFY(eventually([&] {
        const auto role = b->manager().roles().role(Type::Performance);
        const auto* below = role->find("below");
        return below && !below->standIns.empty();
    }));
    s.shutDown();
    QVERIFY(!d.manager().operations().promoteSecondary(Type::Dr, "", true).isError);
    QVERIFY2(d.isInSyncWith(*b, Type::Performance), d.manager().roles().report(Type::Performance).lastError.c_str());
}

/// The class: a former member comes back by something that outlives its revocation. Below a relay nothing is revoked in a list: the seat goes, with the
/// certificate and the key that it names, in the relay's stored role. It could come back at a restart of either side, by its own promotion (shown to
/// members that it knew), and through a sibling. What holds now: the seat stays gone, and only the relay's own key and its primary's word count there.
void TestCascade::aMemberRevokedBelowARelayStaysOut()
{
    TestCluster d{"d"};
    QVERIFY(!d.manager().activation().enable(Type::Performance, {.token = relayToken(*b, "d")}).isError);
    d.manager().waitUntilIdle();
    QVERIFY(d.isInSyncWith(*b, Type::Performance));
    const auto knows = [](TestCluster& member, const std::string& id) {
        return eventually([&] {
            const auto members = member.port().members();
            return std::ranges::any_of(members, [&](const Member& one) { return one.id == id && !one.fingerprint.empty(); });
        });
    };
    QVERIFY(knows(*c, "d"));
    QVERIFY(knows(d, "c"));
    QVERIFY(!b->manager().seats().revokeSecondary(Type::Performance, "c", SecondarySeats::Side::Relay).isError);
    const auto isOut = [&] {
        return eventually(
            [&] { return c->manager().roles().report(Type::Performance).lastError.find("revoked or was never known") != std::string::npos; });
    };
    QVERIFY(isOut());
    b->restart(a.get());
    c->restart(a.get());
    QVERIFY(a->putShared("logical/a/later", "9"));
    QVERIFY(eventually([&] { return d.getShared("logical/a/later") == "9"; }));
    QVERIFY(isOut());
    QVERIFY(!c->getShared("logical/a/later"));
    // It calls itself the primary, and shows that to the members that it knew.
    const auto members = c->port().members();
    QVERIFY(!c->manager().operations().promoteSecondary(Type::Performance, "", true).isError);
    const std::string statement = c->manager().roles().role(Type::Performance)->statement;
    for (TestCluster* other : {b.get(), &d}) {
        other->manager().epochs().noteLater(Type::Performance, statement,
                                            {.isPrimarys = false, .isFollowed = false, .from = "the test", .trustHead = {}});
    }
    QVERIFY(a->putShared("logical/a/last", "10"));
    QVERIFY(eventually([&] { return d.getShared("logical/a/last") == "10"; }));
    for (TestCluster* other : {b.get(), &d}) {
        other->manager().waitUntilIdle();
        QVERIFY(other->manager().reports().status(Type::Performance).at("epoch") == 1);
    }
}

/// The class: a member waits without an end for what nobody sends any more, and its operator is told nothing. It could be those below a revoked relay
/// (here), below a relay of a revoked relay (here), and below one that the operator has disabled (its port refuses them by name). What holds now: the relay
/// passes the refusal on, with the reason and the next step.
void TestCascade::aRevokedRelayTellsItsSecondaries()
{
    TestCluster d{"d"};
    QVERIFY(!c->manager().relay().enable("").isError);
    QVERIFY(isRelaying(*c));
    QVERIFY(!d.manager().activation().enable(Type::Performance, {.token = relayToken(*c, "d")}).isError);
    d.manager().waitUntilIdle();
    QVERIFY(d.isInSyncWith(*c, Type::Performance));
    QVERIFY(!a->manager().seats().revokeSecondary(Type::Performance, "b").isError);
    for (TestCluster* below : {c.get(), &d}) {
        QVERIFY(eventually([&] {
            const auto report = below->manager().roles().report(Type::Performance);
            return report.lastError.find("this relay was revoked by its primary") != std::string::npos &&
                   report.lastErrorAdvice.find("update-primary") != std::string::npos;
        }));
        QCOMPARE(below->getShared("logical/a/before").value_or(""), std::string{"1"});
    }
    // The next step that they are told. The relay below goes on with those that it has.
    SecondaryActivation::UpdateOptions options;
    options.unwrap.token = a->token(Type::Performance, "c");
    const auto answer = c->manager().activation().update(Type::Performance, options);
    QVERIFY2(!answer.isError, textOf(answer).c_str());
    QVERIFY(a->putShared("logical/a/again", "11"));
    QVERIFY(eventually([&] { return c->getShared("logical/a/again") == "11"; }));
    QVERIFY(eventually([&] { return d.getShared("logical/a/again") == "11"; }));
}

/// Members below a relay have no link with the primary and no row in its list. Each relay tells of them, those further down among them.
void TestCascade::thePrimaryKnowsTheSecondariesOfARelay()
{
    TestCluster d{"d"}, x{"x"};
    QVERIFY(!x.follow(*a, Type::Performance, "x").isError);
    QVERIFY(!c->manager().relay().enable("").isError);
    QVERIFY(isRelaying(*c));
    QVERIFY(!d.manager().activation().enable(Type::Performance, {.token = relayToken(*c, "d")}).isError);
    d.manager().waitUntilIdle();
    QVERIFY(d.isInSyncWith(*c, Type::Performance));
    std::vector<TestCluster*> ticking{a.get(), b.get(), c.get(), &d};
    const auto statusSays = [&](const std::string& text, bool isSaid = true) {
        return eventually([&] {
            for (TestCluster* cluster : ticking) {
                cluster->manager().tick();
                cluster->peers().tick();
            }
            auto status = a->manager().reports().status(Type::Performance);
            a->peers().links().addVerdicts(Type::Performance, status);
            return (boost::json::serialize(status).find(text) != std::string::npos) == isSaid;
        });
    };
    QVERIFY(statusSays(R"("below":[{"id":"c","is_connected":true,"is_without_new_keys":false)"));
    QVERIFY(statusSays(R"({"id":"d below c","is_connected":true,"is_without_new_keys":false)"));
    // One of them is away while all members are told to make new keys.
    d.shutDown();
    std::erase(ticking, &d);
    QVERIFY(statusSays(R"({"id":"d below c","is_connected":false)"));
    QVERIFY(!a->manager().seats().revokeSecondary(Type::Performance, "x", SecondarySeats::Side::Primary, true).isError);
    QVERIFY(statusSays(R"("without_new_keys":["d below c below b"])"));
    QVERIFY(b->manager().reports().relay().if_contains("without_new_keys") == nullptr);
    d.restart(a.get());
    ticking.push_back(&d);
    QVERIFY(statusSays("without_new_keys\":[", false));
}

QTEST_GUILESS_MAIN(TestCascade)
#include "tst_cascade.moc"
