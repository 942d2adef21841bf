#include "tests/core/cluster/test_cluster.h"

#include "core/cluster/net/dialer.h"

#include <boost/asio/io_context.hpp>

#include <future>

using namespace testing_cluster;
using barrier::StorageClass;

class TestClusterPort : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void performanceSecondaryFollowsAndForwards();
    void drSecondaryReplacesThePrimary();
    void rolesSurviveRestarts();
    void aRevokedSecondaryIsDisconnectedAtOnce();
    void demotedPrimaryFollowsItsSuccessor();
    void aPowerCutLeavesAPromotionDoneOrNotBegun();
    void strangersAreRefused_data();
    void strangersAreRefused();
};

void TestClusterPort::performanceSecondaryFollowsAndForwards()
{
    TestCluster a{"a"};
    TestCluster b{"b"};
    a.isDevServer = b.isDevServer = true;
    QVERIFY(b.putShared("logical/b/own", "gone after activation"));
    for (int i = 0; i < 500; ++i) QVERIFY(a.putShared("logical/a/" + std::to_string(i), "value " + std::to_string(i)));
    QVERIFY(a.put(StorageClass::Local, "sys/token/a", "local"));
    QVERIFY(a.manager().operations().enablePrimary(Type::Performance, "").warnings.size() == 1);
    QVERIFY(b.follow(a, Type::Performance, "b").warnings.size() == 1);
    QVERIFY(b.isInSyncWith(a, Type::Performance));
    QVERIFY(b.manager().isPerformanceSecondary());
    QCOMPARE(b.stateText(Type::Performance, "state"), std::string{"stream-wals"});
    QCOMPARE(b.stateText(Type::Performance, "connection_state"), std::string{"ready"});
    QCOMPARE(b.stateText(Type::Performance, "cluster_id"), a.stateText(Type::Performance, "cluster_id"));
    QCOMPARE(b.getShared("logical/a/123").value_or(""), std::string{"value 123"});
    QVERIFY(!b.getShared("logical/b/own"));
    QVERIFY(!b.get(StorageClass::Local, "sys/token/a"));
    QCOMPARE(b.madeRootToken, std::string{"root-of-a"});
    QCOMPARE(b.get(StorageClass::Ignored, "core/cluster/local/name").value_or(""), std::string{"b"});

    // A write on the primary arrives. A forwarded write has arrived here when its answer arrives.
    std::atomic<int> changedCount{0};
    const auto changedKeys = b.store().subscribeToKeys([&](const log::ChangedKeys& keys) { changedCount += keys.contains("s/logical/a/new"); });
    QVERIFY(a.putShared("logical/a/new", "streamed"));
    QVERIFY(eventually([&] { return b.getShared("logical/a/new") == "streamed"; }));
    QVERIFY(eventually([&] { return changedCount == 1; }));
    a.handleForwarded = [&a](mount::Request request, Executor& executor, auto done) {
        if (request.path != "secret/x" || request.replicationCluster != "b") return done(mount::Response::error(500, "other"), LogIndex{});
        const auto index = a.putShared("logical/a/forwarded", std::string{request.data.at("value").as_string()});
        executor.post([done, index = *index] { done(mount::Response::ofData({{"version", 1}}), index); });
    };
    mount::Request request;
    request.id = "r1";
    request.operation = policy::Operation::Update;
    request.path = "secret/x";
    request.data["value"] = "by way of the secondary";
    InlineExecutor executor;
    for (int i = 0; i < 20; ++i) {
        request.data["value"] = "forwarded " + std::to_string(i);
        std::promise<Result<Forwarder::Answer>> promise;
        b.port().forward(request, executor, [&](auto answer) { promise.set_value(std::move(answer)); });
        const auto answer = promise.get_future().get();
        QVERIFY2(answer.has_value(), answer ? "" : answer.error().detail.c_str());
        QVERIFY(answer->isApplied);
        QCOMPARE(boost::json::serialize(*answer->response.data), std::string{"{\"version\":1}"});
        QCOMPARE(b.getShared("logical/a/forwarded").value_or(""), "forwarded " + std::to_string(i));
    }

    // Without its primary the secondary still serves reads, and says that it cannot forward.
    a.shutDown();
    QVERIFY(eventually([&] { return b.stateText(Type::Performance, "connection_state") != "ready"; }));
    std::promise<Result<Forwarder::Answer>> promise;
    b.port().forward(request, executor, [&](auto answer) { promise.set_value(std::move(answer)); });
    const auto answer = promise.get_future().get();
    QVERIFY(!answer && answer.error().code == ErrorCode::Unavailable);
    QCOMPARE(b.getShared("logical/a/new").value_or(""), std::string{"streamed"});
}

void TestClusterPort::drSecondaryReplacesThePrimary()
{
    TestCluster a{"a"}, performance{"performance"}, dr{"dr"};
    QVERIFY(!a.manager().operations().enablePrimary(Type::Performance, "").isError);
    QVERIFY(!performance.follow(a, Type::Performance, "p").isError);
    QVERIFY(!a.manager().operations().enablePrimary(Type::Dr, "").isError);
    QVERIFY(!dr.follow(a, Type::Dr, "d").isError);
    for (int i = 0; i < 100; ++i) {
        QVERIFY(a.putShared("logical/one/" + std::to_string(i), "shared"));
        QVERIFY(a.put(StorageClass::Local, "sys/token/" + std::to_string(i), "local"));
    }
    QVERIFY(dr.isInSyncWith(a, Type::Dr));
    QVERIFY(performance.isInSyncWith(a, Type::Performance));
    QVERIFY(dr.manager().isDrSecondary());
    QCOMPARE(dr.get(StorageClass::Local, "sys/token/99").value_or(""), std::string{"local"});
    QCOMPARE(dr.stateText(Type::Performance, "mode"), std::string{"disabled"}); // inherited, not played
    QVERIFY(eventually([&] { return dr.manager().roles().mode(Type::Performance) == Mode::Primary; }));
    QVERIFY(dr.manager().reports().root(Type::Dr) != dr.manager().reports().root(Type::Performance));
    // The performance secondary knows which cluster would take the primary's place.
    QVERIFY(eventually([&] {
        log::Transaction transaction = performance.store().begin();
        const auto role = Role::load({transaction, performance.barrier(), {}}, Type::Performance);
        return role && role->failoverAddresses == std::vector<std::string>{dr.address()};
    }));

    const std::string performanceSet = a.stateText(Type::Performance, "cluster_id");
    a.shutDown();
    QVERIFY(!dr.manager().operations().promoteSecondary(Type::Dr, "", false).isError);
    QVERIFY(!dr.manager().isDrSecondary());
    QCOMPARE(dr.stateText(Type::Dr, "mode"), std::string{"primary"});
    QCOMPARE(dr.stateText(Type::Performance, "mode"), std::string{"primary"});
    QCOMPARE(dr.stateText(Type::Performance, "cluster_id"), performanceSet);
    QVERIFY(dr.putShared("logical/one/after", "written after the failover"));
    QVERIFY(eventually([&] { return performance.getShared("logical/one/after") == "written after the failover"; }));
    QVERIFY(performance.isInSyncWith(dr, Type::Performance));

    // The old primary comes back, learns which cluster has taken its place, and stops writing.
    a.restart();
    QVERIFY(a.manager().writeRefusal().empty());
    const auto statement = dr.manager().epochs().statement(Type::Performance);
    QVERIFY(!a.manager().epochs().show(Type::Performance, std::string{statement.data->at("statement").as_string()}).isError);
    QVERIFY(!a.manager().writeRefusal().empty());
    a.restart();
    QVERIFY(!a.manager().writeRefusal().empty());
}

void TestClusterPort::rolesSurviveRestarts()
{
    TestCluster a{"a"}, b{"b"};
    QVERIFY(!a.manager().operations().enablePrimary(Type::Dr, "").isError);
    QVERIFY(!b.follow(a, Type::Dr, "b").isError);
    QVERIFY(a.putShared("logical/one/1", "1"));
    QVERIFY(b.isInSyncWith(a, Type::Dr));
    const std::string setId = a.stateText(Type::Dr, "cluster_id");
    b.restart(&a); // with the primary's share
    QVERIFY(b.manager().isDrSecondary());
    QVERIFY(a.putShared("logical/one/2", "2"));
    QVERIFY(b.isInSyncWith(a, Type::Dr));
    QCOMPARE(b.getShared("logical/one/2").value_or(""), std::string{"2"});
    a.restart();
    QCOMPARE(a.stateText(Type::Dr, "mode"), std::string{"primary"});
    QCOMPARE(a.stateText(Type::Dr, "cluster_id"), setId);
    QVERIFY(a.putShared("logical/one/3", "3"));
    QVERIFY(b.isInSyncWith(a, Type::Dr));
    QCOMPARE(b.getShared("logical/one/3").value_or(""), std::string{"3"});
}

void TestClusterPort::aRevokedSecondaryIsDisconnectedAtOnce()
{
    TestCluster a{"a"}, b{"b"};
    QVERIFY(!a.manager().operations().enablePrimary(Type::Performance, "").isError);
    QVERIFY(!b.follow(a, Type::Performance, "b").isError);
    QVERIFY(a.putShared("logical/one/1", "1"));
    QVERIFY(b.isInSyncWith(a, Type::Performance));
    QVERIFY(!a.manager().seats().revokeSecondary(Type::Performance, "b").isError);
    QVERIFY(a.putShared("logical/one/2", "secret from now on"));
    QVERIFY(eventually([&] { return b.stateText(Type::Performance, "connection_state") != "ready"; }));
    // At this point it has tried again and was refused.
    QVERIFY(eventually([&] { return b.port().report(Type::Performance).lastError.find("revoked") != std::string::npos; }));
    QVERIFY(!b.getShared("logical/one/2"));
    QCOMPARE(b.getShared("logical/one/1").value_or(""), std::string{"1"});
    // A new token brings it back, without a wipe.
    QVERIFY(b.put(StorageClass::Local, "sys/token/own", "kept"));
    SecondaryActivation::UpdateOptions options;
    options.unwrap.token = a.token(Type::Performance, "b2");
    QVERIFY(!b.manager().activation().update(Type::Performance, options).isError);
    QVERIFY(b.isInSyncWith(a, Type::Performance));
    QCOMPARE(b.getShared("logical/one/2").value_or(""), std::string{"secret from now on"});
    QCOMPARE(b.get(StorageClass::Local, "sys/token/own").value_or(""), std::string{"kept"});
}

void TestClusterPort::demotedPrimaryFollowsItsSuccessor()
{
    TestCluster a{"a"}, b{"b"};
    QVERIFY(!a.manager().operations().enablePrimary(Type::Dr, "").isError);
    QVERIFY(!b.follow(a, Type::Dr, "b").isError);
    QVERIFY(a.putShared("logical/one/1", "1"));
    QVERIFY(b.isInSyncWith(a, Type::Dr));
    QVERIFY(!a.manager().operations().demotePrimary(Type::Dr).isError);
    QCOMPARE(a.stateText(Type::Dr, "state"), std::string{"idle"});
    QVERIFY(!b.manager().operations().promoteSecondary(Type::Dr, "", false).isError);
    QVERIFY(b.putShared("logical/one/1", "changed by the successor"));
    SecondaryActivation::UpdateOptions options;
    options.unwrap.token = b.token(Type::Dr, "a");
    QVERIFY(!a.manager().activation().update(Type::Dr, options).isError);
    QVERIFY(a.isInSyncWith(b, Type::Dr));
    QCOMPARE(a.getShared("logical/one/1").value_or(""), std::string{"changed by the successor"});
    // And back again.
    QVERIFY(!b.manager().operations().demotePrimary(Type::Dr).isError);
    QVERIFY(!a.manager().operations().promoteSecondary(Type::Dr, "", false).isError);
    QCOMPARE(a.manager().reports().status(Type::Dr).at("epoch").as_uint64(), std::uint64_t{3});
}

void TestClusterPort::aPowerCutLeavesAPromotionDoneOrNotBegun()
{
    TestCluster a{"a"}, b{"b"};
    QVERIFY(!a.manager().operations().enablePrimary(Type::Dr, "").isError);
    QVERIFY(!b.follow(a, Type::Dr, "b").isError);
    QVERIFY(a.putShared("logical/one/1", "1"));
    QVERIFY(b.isInSyncWith(a, Type::Dr));
    a.shutDown();
    std::uint64_t epoch = 1;
    bool isCut = true;
    for (int step = 1; isCut; ++step) {
        b.power.cutAfter(static_cast<std::uint64_t>(step));
        const auto promoted = b.manager().operations().promoteSecondary(Type::Dr, "", false);
        isCut = b.power.isOff() && step < 200;
        b.losePower(a, testing_log::Survival::Nothing);
        const std::string mode = b.stateText(Type::Dr, "mode");
        QVERIFY(promoted.isError || mode == "primary"); // an answered promotion holds
        QCOMPARE(b.getShared("logical/one/1").value_or("lost"), std::string{"1"});
        if (mode == "primary") {
            QCOMPARE(b.manager().reports().status(Type::Dr).at("epoch").to_number<std::uint64_t>(), ++epoch);
            QVERIFY(!b.manager().operations().demotePrimary(Type::Dr).isError);
        } else {
            QVERIFY(b.manager().isDrSecondary());
        }
    }
    QVERIFY(epoch > 1);
}

void TestClusterPort::strangersAreRefused_data()
{
    QTest::addColumn<QString>("who");
    for (const char* who : {"known", "unknown to the plan", "another authority", "expired", "wrong protocol"}) {
        QTest::newRow(who) << QString::fromLatin1(who);
    }
}

void TestClusterPort::strangersAreRefused()
{
    QFETCH(QString, who);
    TestCluster a{"a"};
    QVERIFY(!a.manager().operations().enablePrimary(Type::Performance, "").isError);
    const auto bundle = *ActivationBundle::fromJson(TestCluster::tokens().at(a.token(Type::Performance, "b")), SystemClock{}.now());
    log::Transaction transaction = a.store().begin();
    const auto role = Role::load({transaction, a.barrier(), {}}, Type::Performance);
    const WallTime now = SystemClock{}.now();
    crypto::Identity identity = bundle.identity.clone();
    if (who == "unknown to the plan") identity = *crypto::issueCertificate(*role->authority, {.commonName = "x"}, now);
    if (who == "another authority") identity = *crypto::issueCertificate(*crypto::makeAuthority("other", now), {.commonName = "x"}, now);
    if (who == "expired") {
        identity =
            *crypto::issueCertificate(*role->authority, {.commonName = "x", .lifetime = std::chrono::seconds{60}}, now - std::chrono::hours{24});
    }
    const std::string protocol = who == "wrong protocol" ? kDrProtocol : kPerformanceProtocol;

    boost::asio::io_context context;
    std::optional<Frame> received;
    std::string outgoing = [&] {
        wire::BootstrapRequest request;
        request.set_version(kProtocolVersion);
        request.set_program(HOLDFAST_VERSION);
        request.set_set_id(bundle.setId);
        request.set_secondary_id("b");
        return encodeFrame(FrameType::BootstrapRequest, request);
    }();
    bool isClosed = false;
    std::shared_ptr<cluster::Connection> connection;
    auto dialled = cluster::dial(context, {a.address(), identity, bundle.authorityCertificate, protocol},
                                 {
                                     .ready = {},
                                     .received = [&](Frame frame) { received = std::move(frame); },
                                     .pull = [&] { return std::exchange(outgoing, std::string{}); },
                                     .closed = [&](const Error&) { isClosed = true; },
                                 });
    QVERIFY(dialled);
    connection = std::move(*dialled);
    context.run_for(std::chrono::seconds{15});
    QVERIFY(isClosed);
    QCOMPARE(received && received->type == FrameType::BootstrapPackage, who == "known");
}

QTEST_GUILESS_MAIN(TestClusterPort)
#include "tst_cluster_port.moc"
