#include "tests/core/cluster/test_cluster.h"

using namespace testing_cluster;
using core::barrier::StorageClass;

namespace {

/// An activation token of a relay for a cluster below it.
std::string relayToken(TestCluster& relay, const std::string& id)
{
    const auto response = relay.manager().secondaryToken(Type::Performance, id, std::chrono::minutes{30}, {}, {}, ReplicationManager::Side::Relay);
    if (!response.data) qFatal("secondary-token: %s", response.errors.front().c_str());
    const std::string name = "relayed-" + std::to_string(TestCluster::tokens().size()) + "-" + id;
    TestCluster::tokens()[name] = *response.data;
    return name;
}

bool isRelaying(TestCluster& relay)
{
    return eventually(
        [&] { return relay.manager().relayStatus().at("enabled").as_bool() && relay.manager().relayStatus().at("state") == "running"; });
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
    a->manager().enablePrimary(Type::Performance, "");
    QVERIFY(!b->follow(*a, Type::Performance, "b").isError);
    QVERIFY(b->isInSyncWith(*a, Type::Performance));
    QVERIFY(b->put(StorageClass::Local, "sys/token/b", "local"));
    QVERIFY(!b->manager().enableRelay("").isError);
    QVERIFY(isRelaying(*b));
    const auto answer = c->manager().enableSecondary(Type::Performance, {.token = relayToken(*b, "c")});
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
    QVERIFY(eventually([&] { return c->manager().root(Type::Performance) == a->manager().root(Type::Performance); }));
    QCOMPARE(c->stateText(Type::Performance, "cluster_id"), a->stateText(Type::Performance, "cluster_id"));
    const auto status = b->manager().relayStatus();
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
    QVERIFY(b->manager().relayStatus().at("state") == "idle");
    a->restart();
    QVERIFY(a->putShared("logical/a/again", "4"));
    QVERIFY(eventually([&] { return c->getShared("logical/a/again") == "4"; }));
}

void TestCascade::ringsAreRefused()
{
    QVERIFY(!c->manager().enableRelay("").isError);
    QVERIFY(isRelaying(*c));
    for (auto* above : {c.get(), b.get()}) {
        ReplicationManager::UpdateOptions options;
        options.unwrap.token = relayToken(*above, "ring");
        const auto answer = b->manager().updatePrimary(Type::Performance, options);
        QVERIFY(answer.isError);
        QVERIFY2(textOf(answer).find("would close a ring") != std::string::npos, textOf(answer).c_str());
    }
    QVERIFY(a->putShared("logical/a/after", "5")); // nothing has changed
    QVERIFY(eventually([&] { return c->getShared("logical/a/after") == "5"; }));
}

void TestCascade::aPromotedRelayKeepsItsSecondaries()
{
    QVERIFY(!a->manager().demotePrimary(Type::Performance).isError);
    QVERIFY(!b->manager().promoteSecondary(Type::Performance, "", true).isError);
    QVERIFY(b->putShared("logical/a/promoted", "6"));
    QVERIFY(eventually([&] { return c->getShared("logical/a/promoted") == "6"; }));
    QVERIFY(eventually([&] { return c->manager().status(Type::Performance).at("epoch") == 2; }));
    QVERIFY(!b->manager().isRelay());
    // The former relay comes back as a secondary of the cluster that was below it.
    ReplicationManager::UpdateOptions options;
    options.unwrap.token = b->token(Type::Performance, "a");
    const auto answer = a->manager().updatePrimary(Type::Performance, options);
    QVERIFY2(!answer.isError, textOf(answer).c_str());
    QVERIFY(eventually([&] { return a->getShared("logical/a/promoted") == "6"; }));
}

void TestCascade::aNewPrimaryAboveDoesNotAffectTheRelaysSecondaries()
{
    TestCluster d{"d"};
    QVERIFY(!d.follow(*a, Type::Performance, "d").isError);
    QVERIFY(d.isInSyncWith(*a, Type::Performance));
    QVERIFY(!a->manager().demotePrimary(Type::Performance).isError);
    QVERIFY(!d.manager().promoteSecondary(Type::Performance, "", true).isError);
    ReplicationManager::UpdateOptions options;
    options.unwrap.token = d.token(Type::Performance, "b");
    const auto answer = b->manager().updatePrimary(Type::Performance, options);
    QVERIFY2(!answer.isError, textOf(answer).c_str());
    QVERIFY(d.putShared("logical/a/of-d", "7"));
    QVERIFY(eventually([&] { return c->getShared("logical/a/of-d") == "7"; }));
    QVERIFY(eventually([&] { return c->manager().status(Type::Performance).at("epoch") == 2; }));
    QVERIFY(b->manager().isRelay());
    QVERIFY(eventually([&] { return boost::json::serialize(b->manager().relayStatus().at("chain")) == R"(["id of d"])"; }));
}

void TestCascade::aRelayEndsOnRequest()
{
    QVERIFY(!b->manager().revokeSecondary(Type::Performance, "c", ReplicationManager::Side::Relay).isError);
    QVERIFY(eventually([&] { return c->stateText(Type::Performance, "connection_state") != "ready"; }));
    QVERIFY(b->manager().revokeSecondary(Type::Performance, "c").isError); // only a primary may do that
    QVERIFY(!b->manager().disableRelay().isError);
    QVERIFY(b->manager().disableRelay().isError);
    QVERIFY(!b->manager().isRelay());
    QVERIFY(a->putShared("logical/a/on", "8"));
    QVERIFY(eventually([&] { return b->getShared("logical/a/on") == "8"; })); // the relay itself continues
    QVERIFY(a->manager().enableRelay("").isError);
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
    QVERIFY(!s.manager().enablePrimary(Type::Dr, "").isError);
    QVERIFY(!d.follow(s, Type::Dr, "d").isError);
    QVERIFY(d.isInSyncWith(s, Type::Dr));
    QVERIFY(eventually([&] { return d.manager().trustLog(Type::Performance) != nullptr; }));
    ReplicationManager::UpdateOptions options;
    options.unwrap.token = relayToken(*b, "below");
    QVERIFY(!s.manager().updatePrimary(Type::Performance, options).isError);
    QVERIFY(s.isInSyncWith(*b, Type::Performance));
    QVERIFY(d.isInSyncWith(s, Type::Dr)); // with the role that it would play after a promotion
    QVERIFY(eventually([&] {
        const auto role = b->manager().role(Type::Performance);
        const auto* below = role->find("below");
        return below && !below->standIns.empty();
    }));
    s.shutDown();
    QVERIFY(!d.manager().promoteSecondary(Type::Dr, "", true).isError);
    QVERIFY2(d.isInSyncWith(*b, Type::Performance), d.manager().report(Type::Performance).lastError.c_str());
}

QTEST_GUILESS_MAIN(TestCascade)
#include "tst_cascade.moc"
