#include "tests/core/cluster/test_cluster.h"

#include "core/cluster/net/dialer.h"

#include <boost/asio/io_context.hpp>

using namespace testing_cluster;

/// Members of a set know and answer each other, and nobody else.
class TestPeerProtocol : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void membersOfBothTypesKnowAndAskEachOther();
    void theListSurvivesTheLossOfThePrimary();
    void aRevokedMemberIsRefusedAtOnce();
    void strangersAreRefused_data();
    void strangersAreRefused();
};

namespace {

constexpr std::chrono::milliseconds kAnswerTimeout{5000};

/// One performance and one DR secondary of one primary; each answers with its name.
struct Fixture {
    TestCluster primary{"primary"}, performance{"performance"}, dr{"dr"};

    Fixture()
    {
        for (auto* cluster : {&primary, &performance, &dr}) {
            const std::string name = cluster->apiAddress();
            cluster->handlePeer = [name](const Member& peer, const wire::PeerRequest&, auto done) {
                wire::PeerAnswer answer;
                answer.mutable_description()->set_cluster_name(name);
                answer.mutable_description()->set_version(peer.id);
                done(std::move(answer));
            };
        }
    }
    bool follow()
    {
        if (primary.manager().operations().enablePrimary(Type::Performance, "").isError ||
            primary.manager().operations().enablePrimary(Type::Dr, "").isError)
            return false;
        if (performance.follow(primary, Type::Performance, "p").isError || dr.follow(primary, Type::Dr, "d").isError) return false;
        return performance.isInSyncWith(primary, Type::Performance) && dr.isInSyncWith(primary, Type::Dr);
    }
};

std::optional<Member> memberOf(TestCluster& cluster, const TestCluster& other)
{
    for (const Member& member : cluster.port().members()) {
        if (member.endpoint.apiAddress == other.apiAddress() && !member.fingerprint.empty()) return member;
    }
    return std::nullopt;
}

Result<wire::PeerAnswer> ask(TestCluster& cluster, const Member& member)
{
    wire::PeerRequest request;
    request.mutable_describe();
    return cluster.port().ask(member, request, kAnswerTimeout);
}

} // namespace

void TestPeerProtocol::membersOfBothTypesKnowAndAskEachOther()
{
    Fixture fixture;
    QVERIFY(fixture.follow());
    for (auto* from : {&fixture.primary, &fixture.performance, &fixture.dr}) {
        for (auto* to : {&fixture.primary, &fixture.performance, &fixture.dr}) {
            if (from == to) {
                QVERIFY(!memberOf(*from, *to));
                continue;
            }
            QVERIFY(eventually([&] { return memberOf(*from, *to) && memberOf(*to, *from); }));
            auto answer = ask(*from, *memberOf(*from, *to));
            QVERIFY2(answer.has_value(), answer ? "" : answer.error().detail.c_str());
            QCOMPARE(answer->description().cluster_name(), to->apiAddress());
        }
    }
    const auto dr = memberOf(fixture.performance, fixture.dr);
    QVERIFY(dr->type == Type::Dr && dr->id == "d" && !dr->isPrimary);
    QVERIFY(memberOf(fixture.dr, fixture.primary)->isPrimary);
    // The member that is asked knows which one asks.
    QCOMPARE(ask(fixture.performance, *dr)->description().version(), std::string{"p"});
}

void TestPeerProtocol::theListSurvivesTheLossOfThePrimary()
{
    Fixture fixture;
    QVERIFY(fixture.follow());
    QVERIFY(eventually([&] { return memberOf(fixture.dr, fixture.performance) && memberOf(fixture.performance, fixture.dr); }));
    fixture.dr.manager().waitUntilIdle();
    fixture.performance.manager().waitUntilIdle();
    fixture.primary.shutDown();
    fixture.dr.restart(&fixture.primary);
    fixture.performance.restart(&fixture.primary);
    const auto member = memberOf(fixture.dr, fixture.performance);
    QVERIFY(member);
    auto answer = ask(fixture.dr, *member);
    QVERIFY2(answer.has_value(), answer ? "" : answer.error().detail.c_str());
    const auto gone = memberOf(fixture.dr, fixture.primary);
    QVERIFY(gone && gone->isPrimary);
    QVERIFY(!ask(fixture.dr, *gone));
}

void TestPeerProtocol::aRevokedMemberIsRefusedAtOnce()
{
    Fixture fixture;
    QVERIFY(fixture.follow());
    QVERIFY(eventually([&] { return memberOf(fixture.performance, fixture.dr) && memberOf(fixture.dr, fixture.performance); }));
    const Member primary = *memberOf(fixture.performance, fixture.primary);
    const Member dr = *memberOf(fixture.performance, fixture.dr);
    QVERIFY(ask(fixture.performance, primary));
    QVERIFY(!fixture.primary.manager().seats().revokeSecondary(Type::Performance, "p").isError);
    QVERIFY(!ask(fixture.performance, primary)); // at once
    QVERIFY(eventually([&] { return !memberOf(fixture.dr, fixture.performance); }));
    QVERIFY(!ask(fixture.performance, dr));
}

void TestPeerProtocol::strangersAreRefused_data()
{
    QTest::addColumn<bool>("isKnownThere");
    QTest::addColumn<bool>("isThatServer");
    QTest::newRow("a certificate that no list has") << false << true;
    QTest::newRow("another server than the list says") << true << false;
}

void TestPeerProtocol::strangersAreRefused()
{
    QFETCH(bool, isKnownThere);
    QFETCH(bool, isThatServer);
    Fixture fixture;
    QVERIFY(fixture.follow());
    QVERIFY(eventually([&] { return memberOf(fixture.dr, fixture.primary) && memberOf(fixture.dr, fixture.performance); }));
    Member member = *memberOf(fixture.dr, fixture.primary);
    QVERIFY(eventually([&] { return ask(fixture.dr, member).has_value(); })); // the list arrives a moment before the primary admits its members
    if (!isThatServer) member.fingerprint = memberOf(fixture.dr, fixture.performance)->fingerprint;
    if (isKnownThere) {
        QVERIFY(!ask(fixture.dr, member));
        return;
    }
    boost::asio::io_context context;
    const auto identity = *crypto::makeSelfSigned({.commonName = "stranger"}, SystemClock{}.now());
    const std::string noAuthority;
    bool isAnswered = false;
    std::optional<Error> ended;
    wire::PeerRequest request;
    request.mutable_describe();
    std::string frame = encodeFrame(FrameType::PeerRequest, request);
    auto connection = cluster::dial(context, {fixture.primary.address(), identity, noAuthority, kPeerProtocol, member.fingerprint},
                                    {
                                        .ready = {},
                                        .received = [&](const Frame&) { isAnswered = true; },
                                        .pull = [&] { return std::exchange(frame, std::string{}); },
                                        .closed = [&](const Error& why) { ended = why; },
                                    });
    QVERIFY(connection.has_value());
    context.run();
    QVERIFY(ended);
    QVERIFY(!isAnswered);
}

QTEST_APPLESS_MAIN(TestPeerProtocol)
#include "tst_peer_protocol.moc"
