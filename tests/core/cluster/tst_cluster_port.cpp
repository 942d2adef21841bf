#include "tests/core/cluster/test_cluster.h"

#include "core/base/encoding.h"
#include "core/cluster/address.h"
#include "core/cluster/dialer.h"
#include "core/cluster/forward_codec.h"
#include "core/token/token_entry.h"

#include <boost/asio/io_context.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <future>

using namespace testing_cluster;
using barrier::StorageClass;

class TestClusterPort : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void addressesAreRead_data();
    void addressesAreRead();
    void performanceSecondaryFollowsAndForwards();
    void drSecondaryTakesThePrimarysPlace();
    void rolesSurviveRestarts();
    void aRevokedSecondaryIsCutAtOnce();
    void failedActivationLeavesTheDataAsItWas();
    void activationByPublicKeyNeedsNoCallToTheApi();
    void onlyOneActivationAsksAPrimaryAtATime();
    void demotedPrimaryFollowsItsSuccessor();
    void aPowerCutLeavesAnActivationDoneOrUndone_data();
    void aPowerCutLeavesAnActivationDoneOrUndone();
    void aPowerCutLeavesAPromotionDoneOrUndone();
    void strangersAreRefused_data();
    void strangersAreRefused();
    void forwardedRequestsKeepTheirParts();
};

void TestClusterPort::addressesAreRead_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("host");
    QTest::addColumn<int>("port");
    QTest::newRow("url") << "https://127.0.0.1:8201" << "127.0.0.1" << 8201;
    QTest::newRow("slash") << "https://a.example:8201/" << "a.example" << 8201;
    QTest::newRow("plain") << "a:1" << "a" << 1;
    QTest::newRow("six") << "https://[::1]:8201" << "::1" << 8201;
    QTest::newRow("no port") << "https://a" << "" << 0;
    QTest::newRow("no host") << ":8201" << "" << 0;
    QTest::newRow("port too large") << "a:65536" << "" << 0;
    QTest::newRow("bare six") << "::1:8201" << "" << 0;
    QTest::newRow("empty") << "" << "" << 0;
}

void TestClusterPort::addressesAreRead()
{
    QFETCH(QString, text);
    QFETCH(QString, host);
    QFETCH(int, port);
    const auto address = cluster::parseAddress(text.toStdString());
    QCOMPARE(address.has_value(), !host.isEmpty());
    if (!address) return;
    QCOMPARE(QString::fromStdString(address->host), host);
    QCOMPARE(static_cast<int>(address->port), port);
}

void TestClusterPort::performanceSecondaryFollowsAndForwards()
{
    TestCluster a{"a"};
    TestCluster b{"b"};
    a.isDevServer = b.isDevServer = true;
    QVERIFY(b.putShared("logical/b/own", "gone after activation"));
    for (int i = 0; i < 500; ++i) QVERIFY(a.putShared("logical/a/" + std::to_string(i), "value " + std::to_string(i)));
    QVERIFY(a.put(StorageClass::Local, "sys/token/a", "local"));
    QVERIFY(a.manager().enablePrimary(Type::Performance, "").warnings.size() == 1);
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

    // A write on the primary arrives, and a forwarded one has arrived when its answer does.
    QVERIFY(a.putShared("logical/a/new", "streamed"));
    QVERIFY(eventually([&] { return b.getShared("logical/a/new") == "streamed"; }));
    QVERIFY(eventually([&] { return b.invalidatedCount > 0; }));
    a.handleForwarded = [&a](mount::Request request, Executor& executor, auto done) {
        if (request.path != "secret/x" || request.replicationCluster != "b") return done(mount::Response::error(500, "other"), LogIndex{});
        const auto index = a.putShared("logical/a/forwarded", std::string{request.data.at("value").as_string()});
        executor.post([done, index = *index] {
            done(mount::Response::ofData({{"version", 1}}), index);
        });
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

    // Without its primary the secondary goes on reading, and says that it cannot forward.
    a.shutDown();
    QVERIFY(eventually([&] { return b.stateText(Type::Performance, "connection_state") != "ready"; }));
    std::promise<Result<Forwarder::Answer>> promise;
    b.port().forward(request, executor, [&](auto answer) { promise.set_value(std::move(answer)); });
    const auto answer = promise.get_future().get();
    QVERIFY(!answer && answer.error().code == ErrorCode::Unavailable);
    QCOMPARE(b.getShared("logical/a/new").value_or(""), std::string{"streamed"});
}

void TestClusterPort::drSecondaryTakesThePrimarysPlace()
{
    TestCluster a{"a"}, performance{"performance"}, dr{"dr"};
    QVERIFY(!a.manager().enablePrimary(Type::Performance, "").isError);
    QVERIFY(!performance.follow(a, Type::Performance, "p").isError);
    QVERIFY(!a.manager().enablePrimary(Type::Dr, "").isError);
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
    QVERIFY(eventually([&] { return dr.manager().mode(Type::Performance) == Mode::Primary; }));
    QVERIFY(dr.manager().root(Type::Dr) != dr.manager().root(Type::Performance));
    // The performance secondary has been told who would take the primary's place.
    QVERIFY(eventually([&] {
        log::Transaction transaction = performance.store().begin();
        const auto role = Role::load({transaction, performance.barrier(), {}}, Type::Performance);
        return role && role->failoverAddresses == std::vector<std::string>{dr.address()};
    }));

    const std::string performanceSet = a.stateText(Type::Performance, "cluster_id");
    a.shutDown();
    QVERIFY(!dr.manager().promoteSecondary(Type::Dr, "", false).isError);
    QVERIFY(!dr.manager().isDrSecondary());
    QCOMPARE(dr.stateText(Type::Dr, "mode"), std::string{"primary"});
    QCOMPARE(dr.stateText(Type::Performance, "mode"), std::string{"primary"});
    QCOMPARE(dr.stateText(Type::Performance, "cluster_id"), performanceSet);
    QVERIFY(dr.putShared("logical/one/after", "written after the failover"));
    QVERIFY(eventually([&] { return performance.getShared("logical/one/after") == "written after the failover"; }));
    QVERIFY(performance.isInSyncWith(dr, Type::Performance));

    // The old primary comes back, is shown who has taken its place, and stops writing.
    a.restart();
    QVERIFY(a.manager().writeRefusal().empty());
    const auto statement = dr.manager().epochStatement(Type::Performance);
    QVERIFY(!a.manager().showStatement(Type::Performance, std::string{statement.data->at("statement").as_string()}).isError);
    QVERIFY(!a.manager().writeRefusal().empty());
    a.restart();
    QVERIFY(!a.manager().writeRefusal().empty());
}

void TestClusterPort::rolesSurviveRestarts()
{
    TestCluster a{"a"}, b{"b"};
    QVERIFY(!a.manager().enablePrimary(Type::Dr, "").isError);
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

void TestClusterPort::aRevokedSecondaryIsCutAtOnce()
{
    TestCluster a{"a"}, b{"b"};
    QVERIFY(!a.manager().enablePrimary(Type::Performance, "").isError);
    QVERIFY(!b.follow(a, Type::Performance, "b").isError);
    QVERIFY(a.putShared("logical/one/1", "1"));
    QVERIFY(b.isInSyncWith(a, Type::Performance));
    QVERIFY(!a.manager().revokeSecondary(Type::Performance, "b").isError);
    QVERIFY(a.putShared("logical/one/2", "secret from now on"));
    QVERIFY(eventually([&] { return b.stateText(Type::Performance, "connection_state") != "ready"; }));
    // It has tried again by the time that this is said, and was refused.
    QVERIFY(eventually([&] { return b.port().report(Type::Performance).lastError.find("revoked") != std::string::npos; }));
    QVERIFY(!b.getShared("logical/one/2"));
    QCOMPARE(b.getShared("logical/one/1").value_or(""), std::string{"1"});
    // A new token brings it back, without a wipe.
    QVERIFY(b.put(StorageClass::Local, "sys/token/own", "kept"));
    ReplicationManager::UpdateOptions options;
    options.unwrap.token = a.token(Type::Performance, "b2");
    QVERIFY(!b.manager().updatePrimary(Type::Performance, options).isError);
    QVERIFY(b.isInSyncWith(a, Type::Performance));
    QCOMPARE(b.getShared("logical/one/2").value_or(""), std::string{"secret from now on"});
    QCOMPARE(b.get(StorageClass::Local, "sys/token/own").value_or(""), std::string{"kept"});
}

void TestClusterPort::failedActivationLeavesTheDataAsItWas()
{
    TestCluster a{"a"}, b{"b"};
    QVERIFY(b.putShared("logical/b/own", "precious"));
    QVERIFY(!a.manager().enablePrimary(Type::Dr, "").isError);
    const std::string root = b.manager().root(Type::Dr);
    QCOMPARE(b.manager().enableSecondary(Type::Dr, {.token = "no such token"}).status, 500);
    const std::string revoked = a.token(Type::Dr, "b");
    QVERIFY(!a.manager().revokeSecondary(Type::Dr, "b").isError);
    const auto refused = b.manager().enableSecondary(Type::Dr, {.token = revoked});
    QCOMPARE(refused.status, 500);
    QVERIFY(refused.errors.front().starts_with("error fetching secondary bootstrap package: "));
    const std::string other = a.token(Type::Dr, "c");
    QCOMPARE(b.manager().enableSecondary(Type::Performance, {.token = other}).status, 400); // of another type
    const std::string unreachable = a.token(Type::Dr, "e");
    a.shutDown();
    QCOMPARE(b.manager().enableSecondary(Type::Dr, {.token = unreachable}).status, 500);
    b.manager().waitUntilIdle();
    QCOMPARE(b.manager().root(Type::Dr), root);
    QCOMPARE(b.getShared("logical/b/own").value_or(""), std::string{"precious"});
    QCOMPARE(b.stateText(Type::Dr, "mode"), std::string{"disabled"});
    QVERIFY(b.manager().writeRefusal().empty());
}

void TestClusterPort::activationByPublicKeyNeedsNoCallToTheApi()
{
    TestCluster a{"a"}, b{"b"}, c{"c"};
    const auto keyOf = [](TestCluster& cluster, Type type) {
        const auto response = cluster.manager().generatePublicKey(type);
        return std::string{response.data->at("secondary_public_key").as_string()};
    };
    const auto tokenFor = [&a](const std::string& id, const std::string& key, std::chrono::nanoseconds ttl) {
        const auto response = a.manager().secondaryToken(Type::Performance, id, ttl, {}, key);
        return response.data ? std::string{response.data->at("token").as_string()} : std::string{};
    };
    QVERIFY(!a.manager().enablePrimary(Type::Performance, "").isError);
    QVERIFY(a.putShared("logical/one/1", "1"));
    QVERIFY(b.putShared("logical/b/own", "precious"));
    const std::string replaced = keyOf(b, Type::Performance);
    const std::string key = keyOf(b, Type::Performance);
    QVERIFY(key != replaced);
    QCOMPARE(a.manager().generatePublicKey(Type::Performance).status, 400);
    QCOMPARE(a.manager().secondaryToken(Type::Performance, "b", std::chrono::minutes{30}, {}, "no key").status, 400);
    QCOMPARE(a.manager().secondaryToken(Type::Performance, "b", std::chrono::minutes{30}, {}, std::string(43, 'A') + "=").status, 400);

    // For another key, another cluster's, altered, expired, of another type: each refused, nothing wiped.
    const auto refusal = [](TestCluster& cluster, Type type, const std::string& token) {
        const auto response = cluster.manager().enableSecondary(type, {.token = token});
        return std::to_string(response.status) + " " + (response.errors.empty() ? std::string{} : response.errors.front());
    };
    const std::string token = tokenFor("b", key, std::chrono::minutes{30});
    QVERIFY(!token.empty());
    QVERIFY(refusal(b, Type::Performance, tokenFor("old", replaced, std::chrono::minutes{30})).starts_with("400 the token has been altered"));
    QVERIFY(refusal(c, Type::Performance, token).starts_with("400 the token was made for a public key"));
    keyOf(c, Type::Performance);
    QVERIFY(refusal(c, Type::Performance, token).starts_with("400 the token has been altered"));
    auto bundle = boost::json::parse(*fromBase64(token)).as_object();
    QVERIFY(bundle.at("client_key").is_null());
    bundle["id"] = "somebody else";
    QVERIFY(refusal(b, Type::Performance, toBase64(boost::json::serialize(bundle))).starts_with("400 the token has been altered"));
    keyOf(b, Type::Dr);
    QVERIFY(refusal(b, Type::Dr, token).starts_with("400 "));
    const auto expired = refusal(b, Type::Performance, tokenFor("late", key, std::chrono::nanoseconds{1}));
    QVERIFY2(expired.starts_with("500 ") && expired.find("expired") != std::string::npos, expired.c_str());
    QCOMPARE(b.getShared("logical/b/own").value_or(""), std::string{"precious"});

    QVERIFY(!b.manager().enableSecondary(Type::Performance, {.token = token}).isError);
    b.manager().waitUntilIdle();
    QVERIFY(b.isInSyncWith(a, Type::Performance));
    QCOMPARE(b.getShared("logical/one/1").value_or(""), std::string{"1"});
    QVERIFY(!b.getShared("logical/b/own"));

    // The key was good for one activation.
    ReplicationManager::UpdateOptions options;
    options.unwrap.token = token;
    QCOMPARE(b.manager().updatePrimary(Type::Performance, options).status, 400);
    options.unwrap.token = tokenFor("again", keyOf(b, Type::Performance), std::chrono::minutes{30});
    QVERIFY(!b.manager().updatePrimary(Type::Performance, options).isError);
    QVERIFY(b.isInSyncWith(a, Type::Performance));
    QCOMPARE(b.stateText(Type::Performance, "secondary_id"), std::string{"again"});
    QCOMPARE(b.manager().updatePrimary(Type::Performance, options).status, 400);
}

void TestClusterPort::onlyOneActivationAsksAPrimaryAtATime()
{
    TestCluster b{"b"};
    std::promise<void> isAsking, mayAnswer;
    TestCluster::onUnwrap() = [&] {
        isAsking.set_value();
        mayAnswer.get_future().wait();
    };
    auto first = std::async(std::launch::async, [&] { return b.manager().enableSecondary(Type::Dr, {.token = "hanging"}).status; });
    isAsking.get_future().wait();
    TestCluster::onUnwrap() = {};
    QCOMPARE(b.manager().enableSecondary(Type::Performance, {.token = "another"}).status, 503);
    QVERIFY(!b.manager().enablePrimary(Type::Performance, "").isError); // nothing else waits for it
    mayAnswer.set_value();
    QCOMPARE(first.get(), 500);
    QCOMPARE(b.manager().enableSecondary(Type::Dr, {.token = "another"}).status, 400); // a primary now
}

void TestClusterPort::demotedPrimaryFollowsItsSuccessor()
{
    TestCluster a{"a"}, b{"b"};
    QVERIFY(!a.manager().enablePrimary(Type::Dr, "").isError);
    QVERIFY(!b.follow(a, Type::Dr, "b").isError);
    QVERIFY(a.putShared("logical/one/1", "1"));
    QVERIFY(b.isInSyncWith(a, Type::Dr));
    QVERIFY(!a.manager().demotePrimary(Type::Dr).isError);
    QCOMPARE(a.stateText(Type::Dr, "state"), std::string{"idle"});
    QVERIFY(!b.manager().promoteSecondary(Type::Dr, "", false).isError);
    QVERIFY(b.putShared("logical/one/1", "changed by the successor"));
    ReplicationManager::UpdateOptions options;
    options.unwrap.token = b.token(Type::Dr, "a");
    QVERIFY(!a.manager().updatePrimary(Type::Dr, options).isError);
    QVERIFY(a.isInSyncWith(b, Type::Dr));
    QCOMPARE(a.getShared("logical/one/1").value_or(""), std::string{"changed by the successor"});
    // And back again.
    QVERIFY(!b.manager().demotePrimary(Type::Dr).isError);
    QVERIFY(!a.manager().promoteSecondary(Type::Dr, "", false).isError);
    QCOMPARE(a.manager().status(Type::Dr).at("epoch").as_uint64(), std::uint64_t{3});
}

void TestClusterPort::aPowerCutLeavesAnActivationDoneOrUndone_data()
{
    QTest::addColumn<int>("survival");
    QTest::newRow("nothing unsynced survives") << static_cast<int>(testing_log::Survival::Nothing);
    QTest::newRow("some of it survives") << static_cast<int>(testing_log::Survival::Sectors);
}

void TestClusterPort::aPowerCutLeavesAnActivationDoneOrUndone()
{
    QFETCH(int, survival);
    TestCluster a{"a"};
    QVERIFY(!a.manager().enablePrimary(Type::Dr, "").isError);
    QVERIFY(a.putShared("logical/one/1", "the primary's"));
    int doneCount = 0, undoneCount = 0;
    bool isCut = true;
    for (int step = 1; isCut; ++step) {
        TestCluster b{"b"};
        QVERIFY(b.putShared("logical/b/own", "precious"));
        const std::string token = a.token(Type::Dr, "b" + std::to_string(step));
        b.power.cutAfter(static_cast<std::uint64_t>(step));
        UnwrapOptions options;
        options.token = token;
        b.manager().enableSecondary(Type::Dr, options);
        b.manager().waitUntilIdle();
        isCut = b.power.isOff() && step < 200;
        b.losePower(a, static_cast<testing_log::Survival>(survival));
        const std::string mode = b.stateText(Type::Dr, "mode");
        if (mode == "disabled") {
            ++undoneCount;
            QCOMPARE(b.getShared("logical/b/own").value_or("lost"), std::string{"precious"});
            QVERIFY(!b.getShared("logical/one/1"));
            QVERIFY(b.putShared("logical/b/more", "writable"));
        } else {
            ++doneCount;
            QCOMPARE(mode, std::string{"secondary"});
            QVERIFY(!b.getShared("logical/b/own"));
            QVERIFY2(b.isInSyncWith(a, Type::Dr), ("step " + std::to_string(step)).c_str());
            QCOMPARE(b.getShared("logical/one/1").value_or("lost"), std::string{"the primary's"});
        }
    }
    QVERIFY(doneCount > 0);
    QVERIFY(undoneCount > 0);
}

void TestClusterPort::aPowerCutLeavesAPromotionDoneOrUndone()
{
    TestCluster a{"a"}, b{"b"};
    QVERIFY(!a.manager().enablePrimary(Type::Dr, "").isError);
    QVERIFY(!b.follow(a, Type::Dr, "b").isError);
    QVERIFY(a.putShared("logical/one/1", "1"));
    QVERIFY(b.isInSyncWith(a, Type::Dr));
    a.shutDown();
    std::uint64_t epoch = 1;
    bool isCut = true;
    for (int step = 1; isCut; ++step) {
        b.power.cutAfter(static_cast<std::uint64_t>(step));
        const auto promoted = b.manager().promoteSecondary(Type::Dr, "", false);
        isCut = b.power.isOff() && step < 200;
        b.losePower(a, testing_log::Survival::Nothing);
        const std::string mode = b.stateText(Type::Dr, "mode");
        QVERIFY(promoted.isError || mode == "primary"); // what was answered holds
        QCOMPARE(b.getShared("logical/one/1").value_or("lost"), std::string{"1"});
        if (mode == "primary") {
            QCOMPARE(b.manager().status(Type::Dr).at("epoch").to_number<std::uint64_t>(), ++epoch);
            QVERIFY(!b.manager().demotePrimary(Type::Dr).isError);
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
    QVERIFY(!a.manager().enablePrimary(Type::Performance, "").isError);
    const auto bundle = *ActivationBundle::fromJson(TestCluster::tokens().at(a.token(Type::Performance, "b")), SystemClock{}.now());
    log::Transaction transaction = a.store().begin();
    const auto role = Role::load({transaction, a.barrier(), {}}, Type::Performance);
    const WallTime now = SystemClock{}.now();
    crypto::Identity identity = bundle.identity.clone();
    if (who == "unknown to the plan") identity = *crypto::issueCertificate(*role->authority, {.commonName = "x"}, now);
    if (who == "another authority") identity = *crypto::issueCertificate(*crypto::makeAuthority("other", now), {.commonName = "x"}, now);
    if (who == "expired") {
        identity = *crypto::issueCertificate(*role->authority, {.commonName = "x", .lifetime = std::chrono::seconds{60}},
                                             now - std::chrono::hours{24});
    }
    const std::string protocol = who == "wrong protocol" ? kDrProtocol : kPerformanceProtocol;

    boost::asio::io_context context;
    std::optional<Frame> received;
    std::string outgoing = [&] {
        wire::BootstrapRequest request;
        request.set_version(kProtocolVersion);
        request.set_set_id(bundle.setId);
        request.set_secondary_id("b");
        return encodeFrame(FrameType::BootstrapRequest, request);
    }();
    bool isClosed = false;
    std::shared_ptr<cluster::Connection> connection;
    auto dialled = cluster::dial(context, {a.address(), identity, bundle.authorityCertificate, protocol}, {
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

void TestClusterPort::forwardedRequestsKeepTheirParts()
{
    mount::Request request;
    request.id = "id";
    request.operation = policy::Operation::Create;
    request.path = "secret/data/x";
    request.data = {{"data", boost::json::object{{"a", 1}}}};
    request.body = R"({"data":{"a":1.00}})";
    request.clientToken = "hvs.secret";
    request.headers = {{"x-vault-token", "hvs.secret"}, {"x-other", "kept"}};
    auto token = std::make_shared<token::TokenEntry>();
    token->displayName = "userpass-bob";
    token->policies = {"default", "writer"};
    request.token = token;
    const auto wire = cluster::toWire(request);
    QVERIFY(wire.SerializeAsString().find("hvs.secret") == std::string::npos);
    const auto back = cluster::fromWire(wire);
    QVERIFY(back);
    QCOMPARE(back->path, request.path);
    QCOMPARE(back->body, request.body);
    QVERIFY(back->data == request.data && back->operation == request.operation);
    QCOMPARE(back->headers.size(), std::size_t{1});
    QVERIFY(back->token->policies == token->policies && back->token->displayName == token->displayName);

    // Whatever this node took from its client arrives: nested deep, and bytes that are no text.
    boost::json::object deep{{"a", 1}};
    for (int level = 0; level < 63; ++level) deep = boost::json::object{{"a", std::move(deep)}};
    request.data = std::move(deep);
    request.headers.push_back({"user-agent", "\xff\xfe"});
    replication::wire::ForwardRequest received;
    QVERIFY(received.ParseFromString(cluster::toWire(request).SerializeAsString()));
    const auto whole = cluster::fromWire(received);
    QVERIFY(whole && whole->data == request.data && whole->headers.back().value == "\xff\xfe");

    mount::Response response = mount::Response::ofData({{"x", true}});
    response.auth.emplace();
    response.auth->policies = {"p"};
    response.auth->metadata = {{"username", "bob"}};
    response.auth->ttl = std::chrono::seconds{60};
    response.warnings = {"w"};
    response.dataText = {{"data", "{\"n\":1.0}"}};
    response.wrapTtl = std::chrono::seconds{5};
    const auto answer = cluster::fromWire(cluster::toWire(response));
    QVERIFY(answer);
    QVERIFY(answer->data == response.data && answer->dataText == response.dataText && answer->warnings == response.warnings);
    QVERIFY(answer->auth->metadata == response.auth->metadata && answer->auth->ttl == response.auth->ttl);
    QVERIFY(answer->wrapTtl == response.wrapTtl);
    replication::wire::ForwardAnswer bad;
    bad.set_auth("{\"policies\":1}");
    QVERIFY(!cluster::fromWire(bad));
}

QTEST_GUILESS_MAIN(TestClusterPort)
#include "tst_cluster_port.moc"
