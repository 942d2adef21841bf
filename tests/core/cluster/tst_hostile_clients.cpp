#include "tests/core/cluster/test_cluster.h"

#include "core/base/bytes.h"
#include "core/base/origin.h"
#include "core/cluster/net/dialer.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <map>

using namespace testing_cluster;

/// Hostile clients of the cluster port, with and without a certificate. Others are still served, and no client costs more than a bounded
/// share of memory and connections.
class TestHostileClients : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void silentStrangersBlockNobody();
    void oneSecondaryCannotTakeAllConnections();
    void aClientThatDoesNotReadGetsNoMoreAnswers();
    void aForwardedRequestThatCannotBeParsedGetsAnError();
    void nothingIsReadAfterARefusal();
    void aRequestMustBeCompletedInTime();
    void incompleteRequestsHaveALimit();
    void aPrimaryAcceptsNoRecords();
};

namespace {

namespace asio = boost::asio;

/// What a stolen activation token contains: a certificate that the primary admits.
ActivationBundle member(TestCluster& primary, const std::string& id)
{
    auto bundle = ActivationBundle::fromJson(TestCluster::tokens().at(primary.token(Type::Performance, id)), SystemClock{}.now());
    if (!bundle) qFatal("bundle: %s", bundle.error().detail.c_str());
    return std::move(*bundle);
}

/// A connection with that certificate. It counts what it receives.
struct Client {
    Client(TestCluster& primary, const ActivationBundle& as, std::string protocol, std::string bytes) : outgoing{std::move(bytes)}
    {
        auto dialled = cluster::dial(context, {primary.address(), as.identity, as.authorityCertificate, std::move(protocol)},
                                     {
                                         .ready = [this] { isReady = true; },
                                         .received =
                                             [this](const Frame& frame) {
                                                 if (onFrame) onFrame(frame);
                                             },
                                         .pull = [this] { return std::exchange(outgoing, std::string{}); },
                                         .closed = [this](const Error&) { isClosed = true; },
                                     });
        if (!dialled) qFatal("dial: %s", dialled.error().detail.c_str());
        connection = std::move(*dialled);
    }
    ~Client()
    {
        connection->close(Error{ErrorCode::Cancelled, "the test ends"});
        context.restart();
        context.run();
    }
    bool runUntil(const std::function<bool()>& condition)
    {
        return eventually([&] {
            context.restart();
            context.poll();
            return condition();
        });
    }

    asio::io_context context;
    std::string outgoing;
    std::function<void(const Frame&)> onFrame;
    bool isReady = false, isClosed = false;
    std::shared_ptr<cluster::Connection> connection;
};

} // namespace

void TestHostileClients::silentStrangersBlockNobody()
{
    TestCluster a{"a"}, b{"b"};
    a.connectionCountMax = 8;
    a.restart();
    QVERIFY(!a.manager().operations().enablePrimary(Type::Performance, "").isError);
    asio::io_context context;
    const auto address = *parseClusterAddress(a.address());
    std::vector<asio::ip::tcp::socket> strangers;
    for (int at = 0; at < 40; ++at) {
        strangers.emplace_back(context);
        strangers.back().connect({asio::ip::make_address(address.host), address.port});
    }
    QVERIFY(!b.follow(a, Type::Performance, "b").isError);
    QVERIFY(b.isInSyncWith(a, Type::Performance));
}

void TestHostileClients::oneSecondaryCannotTakeAllConnections()
{
    TestCluster a{"a"}, b{"b"};
    a.connectionCountMax = 16;
    a.restart();
    QVERIFY(!a.manager().operations().enablePrimary(Type::Performance, "").isError);
    const ActivationBundle hostile = member(a, "hostile");
    std::vector<std::unique_ptr<Client>> clients;
    for (int at = 0; at < 24; ++at) {
        clients.push_back(std::make_unique<Client>(a, hostile, at % 2 ? kForwardProtocol : kPerformanceProtocol, ""));
        auto& client = *clients.back();
        QVERIFY(client.runUntil([&] { return client.isReady || client.isClosed; }));
    }
    QVERIFY(!b.follow(a, Type::Performance, "b").isError);
    QVERIFY(b.isInSyncWith(a, Type::Performance));
}

void TestHostileClients::aClientThatDoesNotReadGetsNoMoreAnswers()
{
    constexpr int kRequests = 200;
    TestCluster a{"a"};
    std::atomic<int> asked{0};
    a.handleForwarded = [&](mount::Request, Executor&, auto done) {
        ++asked;
        mount::Response response;
        response.isRaw = true;
        response.rawBody = std::string(1 << 20, 'x');
        done(std::move(response), LogIndex{});
    };
    QVERIFY(!a.manager().operations().enablePrimary(Type::Performance, "").isError);
    wire::ForwardRequest request;
    request.set_operation("read");
    request.set_path("sys/x");
    request.set_data("{}");
    std::string all;
    for (int at = 1; at <= kRequests; ++at) {
        request.set_sequence(static_cast<std::uint64_t>(at));
        all += encodeFrame(FrameType::ForwardRequest, request);
    }
    Client client{a, member(a, "hostile"), kForwardProtocol, std::move(all)};
    int answered = 0, waitingMax = 0;
    client.onFrame = [&](const Frame& frame) {
        if (frame.type != FrameType::ForwardAnswer) return;
        waitingMax = std::max(waitingMax, asked - answered);
        ++answered;
    };
    QVERIFY(client.runUntil([&] { return answered == kRequests || client.isClosed; }));
    QCOMPARE(answered, kRequests); // a client that reads gets everything
    QVERIFY2(waitingMax < 60, std::to_string(waitingMax).c_str());
}

/// The client of the secondary is not to blame, and other requests on the connection continue.
void TestHostileClients::aForwardedRequestThatCannotBeParsedGetsAnError()
{
    TestCluster a{"a"};
    a.handleForwarded = [](mount::Request, Executor&, auto done) { done(mount::Response{}, LogIndex{}); };
    QVERIFY(!a.manager().operations().enablePrimary(Type::Performance, "").isError);
    wire::ForwardRequest damaged;
    damaged.set_sequence(1);
    damaged.set_path("secret/data/a");
    damaged.set_data("{}");
    wire::ForwardRequest good = damaged;
    good.set_sequence(2);
    good.set_operation("update");
    Client client{a, member(a, "damaged"), kForwardProtocol,
                  encodeFrame(FrameType::ForwardRequest, damaged) + encodeFrame(FrameType::ForwardRequest, good)};
    std::map<std::uint64_t, wire::ForwardAnswer> answers;
    client.onFrame = [&](const Frame& frame) {
        wire::ForwardAnswer answer;
        if (parseFrame(frame, answer)) answers[answer.sequence()] = answer;
    };
    QVERIFY(client.runUntil([&] { return answers.size() == 2 || client.isClosed; }));
    QCOMPARE(answers[1].status(), 500u);
    QVERIFY(!answers[2].is_error());
}

void TestHostileClients::nothingIsReadAfterARefusal()
{
    TestCluster a{"a"};
    QVERIFY(!a.manager().operations().enablePrimary(Type::Performance, "").isError);
    wire::Credit credit;
    wire::Hello hello;
    hello.set_version(kProtocolVersion);
    hello.set_set_id(a.stateText(Type::Performance, "cluster_id"));
    hello.set_secondary_id("hostile");
    hello.set_epoch(1);
    // A link begins with a hello. An earlier frame is refused, and frames after that are not read.
    Client client{a, member(a, "hostile"), kPerformanceProtocol,
                  encodeFrame(FrameType::Credit, credit) + encodeFrame(FrameType::Credit, credit) + encodeFrame(FrameType::Hello, hello)};
    std::vector<FrameType> frames;
    client.onFrame = [&](const Frame& frame) { frames.push_back(frame.type); };
    QVERIFY(client.runUntil([&] { return client.isClosed; }));
    QCOMPARE(frames.size(), std::size_t{1});
    QVERIFY(frames.front() == FrameType::Refusal);
}

namespace {

/// The first `bytes` bytes of a frame of `whole` bytes.
std::string beginningOf(FrameType type, std::size_t whole, std::size_t bytes)
{
    std::string frame;
    appendLittleEndian(frame, static_cast<std::uint32_t>(whole));
    frame.push_back(static_cast<char>(type));
    return frame.append(bytes, 'x');
}

} // namespace

void TestHostileClients::aRequestMustBeCompletedInTime()
{
    TestCluster a{"a"};
    a.unfinishedMax = std::chrono::seconds{0};
    a.restart();
    QVERIFY(!a.manager().operations().enablePrimary(Type::Performance, "").isError);
    const auto hostile = member(a, "hostile");
    Client silent{a, hostile, kForwardProtocol, beginningOf(FrameType::ForwardRequest, 80u << 20, 1000)};
    QVERIFY(silent.runUntil([&] { return silent.isClosed; }));
    Client idle{a, hostile, kForwardProtocol, ""}; // has begun no request, so it may wait
    Client again{a, hostile, kForwardProtocol, beginningOf(FrameType::ForwardRequest, 80u << 20, 1000)};
    QVERIFY(again.runUntil([&] { return again.isClosed; }));
    QVERIFY(idle.runUntil([&] { return idle.isReady; }));
    QVERIFY(!idle.isClosed);
}

void TestHostileClients::incompleteRequestsHaveALimit()
{
    TestCluster a{"a"};
    QVERIFY(!a.manager().operations().enablePrimary(Type::Performance, "").isError);
    const auto hostile = member(a, "hostile");
    const auto half = beginningOf(FrameType::ForwardRequest, 79u << 20, 60u << 20);
    Client first{a, hostile, kForwardProtocol, half};
    Client second{a, hostile, kForwardProtocol, half};
    QVERIFY(first.runUntil([&] {
        second.context.restart();
        second.context.poll();
        return first.isClosed || second.isClosed;
    }));
    QVERIFY(first.isClosed != second.isClosed); // one alone is within its share
}

void TestHostileClients::aPrimaryAcceptsNoRecords()
{
    TestCluster a{"a"};
    QVERIFY(!a.manager().operations().enablePrimary(Type::Performance, "").isError);
    const auto hostile = member(a, "hostile");
    for (const auto type : {FrameType::Records, FrameType::Entries, FrameType::ForwardRequest, FrameType::PeerAnswer}) {
        Client client{a, hostile, kPerformanceProtocol, beginningOf(type, 50u << 20, 100)};
        QVERIFY(client.runUntil([&] { return client.isClosed; }));
    }
    Client forwarding{a, hostile, kForwardProtocol, beginningOf(FrameType::Records, 50u << 20, 100)};
    QVERIFY(forwarding.runUntil([&] { return forwarding.isClosed; }));
}

QTEST_APPLESS_MAIN(TestHostileClients)
#include "tst_hostile_clients.moc"
