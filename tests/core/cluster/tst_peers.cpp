#include "tests/core/cluster/test_cluster.h"

#include "core/base/bytes.h"
#include "core/replication/wire/peer.pb.h"
#include "core/replication/peers/member_service.h"

using namespace testing_cluster;
using barrier::StorageClass;

/// What members report to each other about their data, on real links and with a real loss of the primary.
class TestPeers : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void entriesOfALostPrimaryAreCountedAndSalvaged();
    void aSalvageThatBringsNothingForgetsNothing();
    void aStatusTellsWhatTheOtherEndAloneKnows();
    void lagGrowsWhileNothingIsHeard();
    void bothEndsReportTheProgressOfAnActivation();
    void onlyDrSecondariesSalvage();
    void nothingIsSalvagedFromAFollowerOfALaterPrimary();
    void nothingIsSalvagedWhileThePrimaryIsConnected();
    void aMemberThatSendsNothingButPromisesMoreIsAbandoned_data();
    void aMemberThatSendsNothingButPromisesMoreIsAbandoned();
};

namespace {

/// A cluster with the service that asks and answers other members.
struct Node {
    explicit Node(const char* name) : cluster{name} { begin(); }
    void begin()
    {
        hasher = std::make_unique<BarrierHasher>(cluster.barrier());
        peers = std::make_unique<MemberService>(MemberServices{.store = cluster.store(),
                                                               .hasher = *hasher,
                                                               .clock = clock,
                                                               .manager = cluster.manager(),
                                                               .clusterName = [this] { return cluster.apiAddress(); },
                                                               .mountConflicts = [this] { return conflicts; },
                                                               .localMounts = [this] { return mounts; },
                                                               .names = [] { return [](std::string_view key) { return std::string{key}; }; },
                                                               .preparation = {}});
        peers->setTransport(cluster.port());
        cluster.handlePeer = [this](const Member& peer, wire::PeerRequest request, auto done) {
            if (lieCountMax > 0 && request.has_log_tail()) return done(lie(request.log_tail()));
            peers->answers().answer(peer, std::move(request), std::move(done));
        };
    }
    void end()
    {
        peers->stop();
        cluster.shutDown();
        peers.reset();
    }
    void restart(Node& sharesOf)
    {
        cluster.restart(&sharesOf.cluster);
        begin();
    }
    ~Node()
    {
        cluster.handlePeer = {};
        if (peers) end();
    }

    /// The answer of a hostile member that tries to hold another one up.
    wire::PeerAnswer lie(const wire::PeerRequest::LogTail& question)
    {
        wire::PeerAnswer answer;
        auto& beyond = *answer.mutable_log_tail();
        beyond.set_reaches(true);
        beyond.set_through(question.index() + 1);
        beyond.set_is_last(++lieCount >= lieCountMax);
        if (question.record_bytes() == 0) return answer;
        std::string records;
        appendLittleEndian(records, question.index() + (isLieGoingOn ? 1 : 0));
        beyond.set_records(std::move(records));
        return answer;
    }
    std::atomic<int> lieCount{0}, lieCountMax{0};
    std::atomic<bool> isLieGoingOn{false};

    SystemClock clock;
    std::vector<std::string> conflicts;
    LocalMounts mounts;
    TestCluster cluster;
    std::unique_ptr<BarrierHasher> hasher;
    std::unique_ptr<MemberService> peers;
};

struct Fixture {
    Node primary{"primary"}, near{"near"}, far{"far"};

    bool follow()
    {
        auto& manager = primary.cluster.manager();
        if (manager.operations().enablePrimary(Type::Performance, "").isError || manager.operations().enablePrimary(Type::Dr, "").isError)
            return false;
        if (!primary.cluster.putShared("logical/u/first", "1")) return false;
        if (near.cluster.follow(primary.cluster, Type::Performance, "near").isError) return false;
        if (far.cluster.follow(primary.cluster, Type::Dr, "far").isError) return false;
        const bool isInSync = near.cluster.isInSyncWith(primary.cluster, Type::Performance) && far.cluster.isInSyncWith(primary.cluster, Type::Dr);
        return isInSync && eventually([&] { return find(far, near) && find(near, far); });
    }
    static std::optional<Member> find(Node& from, Node& to)
    {
        for (const Member& member : from.cluster.port().members()) {
            if (member.endpoint.apiAddress == to.cluster.apiAddress() && !member.fingerprint.empty()) return member;
        }
        return std::nullopt;
    }
    /// Seven shared changes and a local one reach only the performance secondary. Then the primary is lost.
    bool loseThePrimary()
    {
        far.cluster.manager().waitUntilIdle();
        far.end();
        for (int at = 0; at < 7; ++at) {
            if (!primary.cluster.putShared("logical/u/" + std::to_string(at), "late")) return false;
        }
        if (!primary.cluster.put(StorageClass::Local, "sys/token/late", "1")) return false;
        if (!near.cluster.isInSyncWith(primary.cluster, Type::Performance)) return false;
        primary.end();
        far.restart(primary);
        return eventually([&] { return find(far, near).has_value(); });
    }
};

const boost::json::object& dataOf(const mount::Response& response)
{
    static const boost::json::object none;
    if (!response.data) qWarning("%s", response.errors.empty() ? "no data" : response.errors.front().c_str());
    return response.data ? *response.data : none;
}

wire::PeerRequest recordsAfter(const std::string& logId)
{
    wire::PeerRequest request;
    request.mutable_log_tail()->set_log_id(logId);
    request.mutable_log_tail()->set_performance_epoch(99);
    request.mutable_log_tail()->set_record_bytes(1 << 20);
    return request;
}

} // namespace

void TestPeers::entriesOfALostPrimaryAreCountedAndSalvaged()
{
    Fixture fixture;
    QVERIFY(fixture.follow());
    QVERIFY(fixture.loseThePrimary());
    auto preview = fixture.far.peers->preview().preview(Type::Dr);
    const auto& seen = dataOf(preview);
    QVERIFY(seen.contains("salvageable"));
    QCOMPARE(seen.at("salvageable").as_object().at("count").to_number<int>(), 7);
    QVERIFY(seen.at("loss_bound").as_object().at("entries_known").to_number<int>() >= 7);
    QVERIFY(fixture.far.peers->preview().preview(Type::Performance).isError);

    auto salvaged = fixture.far.peers->salvage().run();
    const auto& taken = dataOf(salvaged);
    QVERIFY(taken.contains("count"));
    QCOMPARE(taken.at("count").to_number<int>(), 7);
    QVERIFY(taken.at("are_roots_equal").as_bool());
    QCOMPARE(fixture.far.cluster.manager().reports().root(Type::Performance), fixture.near.cluster.manager().reports().root(Type::Performance));
    QCOMPARE(fixture.far.cluster.getShared("logical/u/6").value_or(""), std::string{"late"});
    QVERIFY(!fixture.far.cluster.get(StorageClass::Local, "sys/token/late"));

    // Salvaged data survives a restart, and the promotion needs no force.
    fixture.far.end();
    fixture.far.restart(fixture.primary);
    QVERIFY(!fixture.far.cluster.manager().operations().promoteSecondary(Type::Dr, "", false).isError);
    fixture.far.cluster.manager().waitUntilIdle();
    QCOMPARE(fixture.far.cluster.getShared("logical/u/6").value_or(""), std::string{"late"});
}

/// The class: links that are stopped for a moment forget what was learned over them. Here what a promotion may lose, which a salvage stops the
/// links for; sys/replication/recover and a change of the other type's role do it too. What holds: a link to the same primary begins with it.
void TestPeers::aSalvageThatBringsNothingForgetsNothing()
{
    Fixture fixture;
    QVERIFY(fixture.follow());
    const auto bound = [&] { return boost::json::object{dataOf(fixture.far.peers->preview().preview(Type::Dr)).at("loss_bound").as_object()}; };
    QVERIFY(eventually([&] { return bound().at("seconds_at_most").is_number(); }));
    fixture.primary.end();
    QVERIFY(eventually([&] { return fixture.far.cluster.port().report(Type::Dr).connection != ConnectionState::Ready; }));
    QVERIFY(eventually([&] { return bound().at("seconds").is_number(); })); // nobody sees the primary any more
    const auto before = bound();
    const auto isKept = [&](const boost::json::object& now) { // two clocks are read one after the other
        return now.at("seconds").is_number() && std::abs(now.at("seconds").to_number<double>() - before.at("seconds").to_number<double>()) < 0.5;
    };
    const auto salvaged = fixture.far.peers->salvage().run();
    QCOMPARE(dataOf(salvaged).at("count").to_number<int>(), 0);
    const auto after = bound();
    QVERIFY(isKept(after));
    QVERIFY(after.at("seconds_at_most").to_number<double>() >= before.at("seconds_at_most").to_number<double>());
    QVERIFY(!fixture.far.cluster.manager().operations().recover().isError);
    QVERIFY(isKept(bound()));
}

/// The class: an end says that all is well about something that only the other end knows. Here the primary's status, for which nobody is asked:
/// a mount conflict, or an audit device that takes nothing, at a secondary. It could occur with each fact that one end finds out alone. What holds:
/// a performance secondary tells these two as soon as they change.
void TestPeers::aStatusTellsWhatTheOtherEndAloneKnows()
{
    Node primary{"primary"}, near{"near"};
    QVERIFY(!primary.cluster.manager().operations().enablePrimary(Type::Performance, "").isError);
    QVERIFY(!near.cluster.follow(primary.cluster, Type::Performance, "near").isError);
    QVERIFY(near.cluster.isInSyncWith(primary.cluster, Type::Performance));
    const auto isSaid = [&](const char* verdict, const char* cause) {
        near.peers->tick();
        auto status = primary.cluster.manager().reports().status(Type::Performance);
        primary.peers->links().addVerdicts(Type::Performance, status);
        const auto& shown = status.at("secondaries").as_array().at(0).as_object();
        return shown.at("verdict").as_string() == verdict && shown.at("verdict_cause").as_string().find(cause) != boost::json::string::npos;
    };
    QVERIFY(eventually([&] { return isSaid("healthy", ""); }));
    near.mounts = {{0, "kv/"}};
    near.conflicts = {"secrets engine \"kv/\""};
    QVERIFY(eventually([&] { return isSaid("conflict", "secrets engine \"kv/\""); }));
    near.conflicts.clear();
    QVERIFY(eventually([&] { return isSaid("healthy", ""); }));
}

/// The class: a number that was told once is shown as if it were so now. Here the lag of a secondary that is away. It could occur with all that comes
/// in heartbeats. What holds: an age grows, and a distance that nobody can know is not shown as known.
void TestPeers::lagGrowsWhileNothingIsHeard()
{
    Fixture fixture;
    QVERIFY(fixture.follow());
    const auto linkOf = [](Node& node) {
        const auto answer = node.peers->links().links();
        return boost::json::object{dataOf(answer).at("links").as_array().at(0).as_object()};
    };
    const auto lag = [&](Node& node) { return linkOf(node).at("lag_seconds").to_number<double>(); };
    QVERIFY(eventually([&] { return linkOf(fixture.primary).at("lag_seconds").is_number() && linkOf(fixture.near).at("lag_seconds").is_number(); }));
    QVERIFY(linkOf(fixture.primary).at("is_behind_known").as_bool() && linkOf(fixture.near).at("is_behind_known").as_bool());
    QCOMPARE(std::string{linkOf(fixture.near).at("other_end").at("cluster_name").as_string()}, fixture.primary.cluster.apiAddress());
    QVERIFY(eventually([&] { // a heartbeat of it has told its lag
        const auto status = fixture.primary.cluster.manager().reports().status(Type::Performance);
        return status.at("secondaries").at(0).at("replication_primary_canary_age_ms").as_string() != "0";
    }));
    fixture.near.end();
    QVERIFY(eventually([&] { return !linkOf(fixture.primary).at("is_connected").as_bool(); }));
    const double before = lag(fixture.primary);
    QVERIFY(eventually([&] { return lag(fixture.primary) >= before + 0.2; }));
    QVERIFY(eventually([&] { return linkOf(fixture.far).at("lag_seconds").is_number(); }));
    fixture.primary.end();
    QVERIFY(eventually([&] { return !linkOf(fixture.far).at("is_connected").as_bool(); }));
    QVERIFY(!linkOf(fixture.far).at("is_behind_known").as_bool());
    const double then = lag(fixture.far);
    QVERIFY(eventually([&] { return lag(fixture.far) >= then + 0.2; }));
}

void TestPeers::bothEndsReportTheProgressOfAnActivation()
{
    Node a{"a"}, b{"b"};
    const auto linksOf = [](Node& node) { return dataOf(node.peers->links().links()).at("links").as_array(); };
    const auto verdictOf = [](const boost::json::value& link) { return std::string{link.at("verdict").as_string()}; };
    const auto counted = [](const Node& node, const std::string& verdict) {
        for (const auto& metric : node.peers->links().metrics()) {
            if (metric.name == "holdfast.replication.links." + verdict) return metric.value;
        }
        return -1.0;
    };
    QVERIFY(!a.cluster.manager().operations().enablePrimary(Type::Dr, "").isError);
    const auto token = a.cluster.token(Type::Dr, "b");
    QCOMPARE(verdictOf(linksOf(a).at(0)), std::string{"awaiting"}); // an unused token is no fault
    QCOMPARE(counted(a, "awaiting"), 1.0);
    QCOMPARE(counted(a, "broken"), 0.0);
    const auto readiness = a.peers->links().readiness({});
    QVERIFY(dataOf(readiness).at("pairs").as_array().empty());
    QVERIFY(readiness.warnings.at(0).find("\"b\" has not used") != std::string::npos);

    b.cluster.failsToKeep = true;
    QVERIFY(!b.cluster.manager().activation().enable(Type::Dr, {.token = token}).isError); // the answer; the failure comes after it
    b.cluster.manager().waitUntilIdle();
    QCOMPARE(b.cluster.stateText(Type::Dr, "mode"), std::string{"disabled"});
    const auto why = b.cluster.stateText(Type::Dr, "activation_error");
    QCOMPARE(why, std::string{"nothing can be kept"});
    QVERIFY(!b.cluster.stateText(Type::Dr, "activation_failed_at").empty());
    auto status = b.cluster.manager().reports().status(Type::Dr);
    b.peers->links().addVerdicts(Type::Dr, status);
    QCOMPARE(std::string{status.at("verdict").as_string()}, std::string{"broken"});
    const auto links = linksOf(b);
    QCOMPARE(links.size(), std::size_t{1});
    QCOMPARE(verdictOf(links[0]), std::string{"broken"});
    QVERIFY(links[0].at("cause").as_string().find(why) != boost::json::string::npos);
    QCOMPARE(std::string{links[0].at("secondary_id").as_string()}, std::string{"b"});
    QCOMPARE(counted(b, "broken"), 1.0);

    // The primary knows that the token was used, also after a restart.
    a.cluster.manager().waitUntilIdle();
    QCOMPARE(verdictOf(linksOf(a).at(0)), std::string{"broken"});
    a.end();
    a.restart(a);
    QCOMPARE(verdictOf(linksOf(a).at(0)), std::string{"broken"});

    QVERIFY(!a.cluster.manager().seats().revokeSecondary(Type::Dr, "b").isError);
    b.cluster.failsToKeep = false;
    QVERIFY(!b.cluster.follow(a.cluster, Type::Dr, "b").isError);
    QVERIFY(b.cluster.isInSyncWith(a.cluster, Type::Dr));
    QVERIFY(!b.cluster.manager().reports().status(Type::Dr).contains("activation_error"));
    QCOMPARE(linksOf(b).size(), std::size_t{1});
}

void TestPeers::onlyDrSecondariesSalvage()
{
    Fixture fixture;
    QVERIFY(fixture.follow());
    const std::string logId = fixture.primary.cluster.store().logId();
    auto fromFar = fixture.near.cluster.port().ask(*Fixture::find(fixture.near, fixture.far), recordsAfter(logId), std::chrono::seconds{5});
    QVERIFY(!fromFar);
    QVERIFY(fromFar.error().detail.find("only a DR secondary") != std::string::npos);
    auto fromNear = fixture.far.cluster.port().ask(*Fixture::find(fixture.far, fixture.near), recordsAfter(logId), std::chrono::seconds{5});
    QVERIFY2(fromNear.has_value(), fromNear ? "" : fromNear.error().detail.c_str());
}

void TestPeers::nothingIsSalvagedFromAFollowerOfALaterPrimary()
{
    Fixture fixture;
    QVERIFY(fixture.follow());
    const auto member = Fixture::find(fixture.far, fixture.near);
    const std::string logId = fixture.primary.cluster.store().logId();
    wire::PeerRequest request = recordsAfter(logId);
    request.mutable_log_tail()->set_performance_epoch(0);
    auto answer = fixture.far.cluster.port().ask(*member, request, std::chrono::seconds{5});
    QVERIFY(answer && !answer->log_tail().reaches());
    QVERIFY(answer->log_tail().reason().find("later primary") != std::string::npos && answer->log_tail().records().empty());
    answer = fixture.far.cluster.port().ask(*member, recordsAfter("another log"), std::chrono::seconds{5});
    QVERIFY(answer && !answer->log_tail().reaches() && answer->log_tail().records().empty());
}

void TestPeers::nothingIsSalvagedWhileThePrimaryIsConnected()
{
    Fixture fixture;
    QVERIFY(fixture.follow());
    QVERIFY(fixture.far.peers->salvage().run().isError);
    QVERIFY(fixture.near.peers->salvage().run().isError); // no DR secondary
}

void TestPeers::aMemberThatSendsNothingButPromisesMoreIsAbandoned_data()
{
    QTest::addColumn<bool>("isGoingOn");
    QTest::newRow("makes no progress") << false;
    QTest::newRow("claims to go on") << true;
}

void TestPeers::aMemberThatSendsNothingButPromisesMoreIsAbandoned()
{
    QFETCH(bool, isGoingOn);
    Fixture fixture;
    QVERIFY(fixture.follow());
    QVERIFY(fixture.loseThePrimary());
    fixture.near.isLieGoingOn = isGoingOn;
    fixture.near.lieCountMax = 100;
    const auto salvaged = fixture.far.peers->salvage().run();
    QVERIFY(salvaged.isError);
    QVERIFY(fixture.near.lieCount < 100);
}

QTEST_APPLESS_MAIN(TestPeers)
#include "tst_peers.moc"
