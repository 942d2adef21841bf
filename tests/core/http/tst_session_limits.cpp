#include "tests/core/http/connection_fixture.h"

using namespace http_test;

// The class: a peer makes the server hold more than it may: connections, bytes of heads and bodies, requests at the same time. It could occur at each
// place that keeps something for a peer before it is answered. What holds: each of them has a limit, the limit itself is allowed, and what is above it
// is refused before it is kept.
class TestSessionLimits : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void headsHaveALimit();
    void bodiesHaveALimit();
    void announcedBodiesCostNothing();
    void aConnectionHasOneRequestUnderWay();
    void pipelinedRequestsStayInTheSocket();
    void theLongestIdleConnectionMakesRoom();
    void busyConnectionsAreNotClosed();
    void bodiesWithoutRoomAreRefused();
    void aKnownTokenHasMoreRoom();
    void halfSentBodiesGiveWay();
    void bodiesAreFreed_data();
    void bodiesAreFreed();
    void largeBodiesAreDecodedOnTheirThreads();
};

namespace {

http::Listener::Options bodiesUpTo(std::uint64_t bytes)
{
    http::Listener::Options options;
    options.limits.bodyBytesMax = bytes;
    return options;
}

std::string chunked(const std::string& body)
{
    std::string out = "POST /v1/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (std::size_t at = 0; at < body.size(); at += 100) out += http::chunkOf(std::string_view{body}.substr(at, 100));
    return out + "0\r\n\r\n";
}

} // namespace

// The class: a limit of a whole is applied to each of its parts, so that the whole can be larger. Here the request line and the fields of a head had the
// limit of the head each. It could occur with bodies in chunks and with uploads; both count the whole.
void TestSessionLimits::headsHaveALimit()
{
    http::Listener::Options options;
    options.limits.headerBytesMax = 500;
    options.limits.headerCountMax = 10;
    Server server{std::move(options)};
    const auto ask = [&](std::size_t bytes) {
        std::string head = "GET /v1/a HTTP/1.1\r\nHost: x\r\nX-A: ";
        head += std::string(bytes - head.size() - 4, 'a') + "\r\n\r\n";
        auto client = server.connect();
        return client.ask(head);
    };
    QVERIFY(hasStatus(ask(500), 200));
    QVERIFY(hasStatus(ask(501), 431));
    for (const auto& [targetBytes, status] : {std::pair{std::size_t{400}, 200}, {std::size_t{401}, 431}}) {
        const std::string fields = " HTTP/1.1\r\nHost: x\r\nX-A: " + std::string(100 - 33, 'a') + "\r\n\r\n"; // 100 bytes with "GET "
        auto client = server.connect();
        QVERIFY(hasStatus(client.ask("GET " + std::string("/v1/").append(targetBytes - 4, 'p') + fields), status));
    }
    const auto askMany = [&](int fields) {
        std::string head = "GET /v1/a HTTP/1.1\r\n";
        for (int at = 1; at < fields; ++at) head += "X-A: b\r\n";
        auto client = server.connect();
        return client.ask(head + "Host: x\r\n\r\n");
    };
    QVERIFY(hasStatus(askMany(10), 200));
    QVERIFY(hasStatus(askMany(11), 431));
}

void TestSessionLimits::bodiesHaveALimit()
{
    Server server{bodiesUpTo(1'000)};
    const std::string whole = "{}" + std::string(998, ' ');
    for (const auto& [request, status] :
         {std::pair{post(whole), 200}, {post(whole + ' '), 413}, {chunked(whole), 200}, {chunked(whole + ' '), 413}}) {
        auto client = server.connect();
        QVERIFY(hasStatus(client.ask(request), status));
    }
}

void TestSessionLimits::announcedBodiesCostNothing()
{
    Server server;
    auto client = server.connect();
    QVERIFY(client.send("POST /v1/a HTTP/1.1\r\nHost: x\r\nContent-Length: 33000000\r\n\r\n" + std::string(10'000, ' ')));
    QVERIFY(server.pool.bodies().bytes() <= 10'000 + http::BodyBudget::kConnectionBytes);
    QVERIFY(server.pool.bodies().bytes() >= 10'000);
}

void TestSessionLimits::aConnectionHasOneRequestUnderWay()
{
    Server server;
    server.pipeline.isHolding = true;
    auto client = server.connect();
    std::string all;
    for (const std::string name : {"a", "b", "c"}) all += "GET /v1/" + name + " HTTP/1.1\r\nHost: x\r\n\r\n";
    QVERIFY(client.send(all));
    for (const std::string name : {"a", "b", "c"}) {
        QCOMPARE(server.pipeline.held.size(), std::size_t{1});
        QCOMPARE(server.pipeline.held.front().request.path, name);
        server.pipeline.answerFirst();
        const std::string answer = client.receive();
        QVERIFY(hasStatus(answer, 200));
        QVERIFY(answer.find("\"path\":\"" + name + "\"") != std::string::npos);
    }
}

void TestSessionLimits::pipelinedRequestsStayInTheSocket()
{
    Server server;
    server.pipeline.isHolding = true;
    auto client = server.connect();
    QVERIFY(client.send(kGet));
    std::size_t sent = 0;
    while (const auto count = client.sendSome(kGet)) sent += count; // until the socket is full
    QVERIFY(sent > 0);
    server.loop().advance(1h);
    QCOMPARE(client.sendSome(kGet), std::size_t{0}); // the server has read none of it
    QCOMPARE(server.pipeline.held.size(), std::size_t{1});
    server.pipeline.answerFirst();
    QVERIFY(hasStatus(client.receive(), 200));
    QCOMPARE(server.pipeline.held.size(), std::size_t{1});
    server.pipeline.answerFirst();
}

void TestSessionLimits::theLongestIdleConnectionMakesRoom()
{
    Server server{{}, {.connectionCountMax = 3, .bodies = {}}};
    auto first = server.connect();
    server.loop().advance(1s);
    auto second = server.connect();
    server.loop().advance(1s);
    QVERIFY(server.pool.makeRoom(server.loop())); // two of three
    auto third = server.connect();
    QVERIFY(hasStatus(first.ask(kGet), 200)); // now the second one is idle for the longest time
    QVERIFY(server.pool.makeRoom(server.loop()));
    QVERIFY(second.isEnded());
    QVERIFY(!first.isEnded() && !third.isEnded());
    QCOMPARE(server.pool.connectionCount(), std::size_t{2});
}

void TestSessionLimits::busyConnectionsAreNotClosed()
{
    Server server{{}, {.connectionCountMax = 2, .bodies = {}}};
    server.pipeline.isHolding = true;
    auto reading = server.connect();
    auto waiting = server.connect();
    QVERIFY(reading.send("POST /v1/a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{"));
    QVERIFY(waiting.send(kGet));
    QVERIFY(!server.pool.makeRoom(server.loop())); // the next connection is refused
    QVERIFY(!reading.isEnded() && !waiting.isEnded());
    QVERIFY(reading.send("}"));
    server.pipeline.answerFirst();
    server.pipeline.answerFirst();
    QVERIFY(hasStatus(reading.receive(), 200) && hasStatus(waiting.receive(), 200));
    QVERIFY(server.pool.makeRoom(server.loop())); // both are idle again
}

namespace {

constexpr std::uint64_t kSmall = http::BodyBudget::kSmallBodyBytes;
const http::IoPool::Options kNarrow{.connectionCountMax = 100,
                                    .bodies = {.bytesMax = 1'000'000, .strangerBytesMax = 300'000, .addressBytesMax = 200'000}};

} // namespace

void TestSessionLimits::bodiesWithoutRoomAreRefused()
{
    Server server{{}, kNarrow};
    auto client = server.connect();
    client.send(post("{}" + std::string(250'000, ' '))); // one address has room for less
    const std::string answer = client.receive();
    QVERIFY(hasStatus(answer, 503));
    QVERIFY(answer.find("Retry-After: 1\r\n") != std::string::npos);
    QVERIFY(server.pipeline.requests.empty());
    QCOMPARE(server.pool.bodies().bytes(), std::uint64_t{0});
}

void TestSessionLimits::aKnownTokenHasMoreRoom()
{
    Server server{{}, kNarrow};
    auto client = server.connect();
    QVERIFY(hasStatus(client.ask(post("{}" + std::string(250'000, ' '), "X-Vault-Token: t\r\n")), 200));
    auto other = server.connect();
    other.send(post("{}" + std::string(250'000, ' '), "X-Vault-Token: wrong\r\n"));
    QVERIFY(hasStatus(other.receive(), 503));
}

void TestSessionLimits::halfSentBodiesGiveWay()
{
    Server server{{}, kNarrow};
    std::deque<Client> clients;
    const std::string request = post("{}" + std::string(kSmall - 2, ' '));
    for (int at = 0; at < 10; ++at) {
        auto& client = clients.emplace_back(server.loop(), server.shared, "203.0.113." + std::to_string(at));
        client.send(request.substr(0, request.size() - 1)); // all except the last byte
    }
    QVERIFY(server.pool.bodies().bytes() <= kNarrow.bodies.strangerBytesMax);
    QVERIFY(hasStatus(clients.front().receive(), 503)); // the oldest one
    QVERIFY(hasStatus(clients.back().ask(request.substr(request.size() - 1)), 200));
}

void TestSessionLimits::bodiesAreFreed_data()
{
    QTest::addColumn<int>("end");
    QTest::newRow("the client leaves") << 0;
    QTest::newRow("the body is malformed") << 1;
    QTest::newRow("it was answered") << 2;
    QTest::newRow("the memory is used up") << 3;
}

void TestSessionLimits::bodiesAreFreed()
{
    QFETCH(int, end);
    Server server;
    server.pipeline.isOutOfMemory = end == 3;
    auto client = server.connect();
    const std::string request = chunked("{}" + std::string(20'000, ' '));
    QVERIFY(client.send(request.substr(0, request.size() - 7)));
    QVERIFY(server.pool.bodies().bytes() > 19'000);
    if (end == 0) client.leave();
    if (end == 1) QVERIFY(hasStatus(client.ask("x\r\nx\r\nx\r\n"), 400));
    if (end == 2) QVERIFY(hasStatus(client.ask(request.substr(request.size() - 7)), 200));
    if (end == 3) QVERIFY(hasStatus(client.ask(request.substr(request.size() - 7)), 503));
    QCOMPARE(server.pool.bodies().bytes(), std::uint64_t{0});
}

void TestSessionLimits::largeBodiesAreDecodedOnTheirThreads()
{
    ManualExecutor bodies;
    http::Listener::Options options;
    options.bodies = &bodies;
    Server server{std::move(options)};
    auto client = server.connect();
    QCOMPARE(client.ask(post("{}" + std::string(200'000, ' '))), std::string{});
    server.loop().advance(1h); // a wait for these threads has no deadline
    QVERIFY(!client.isEnded());
    QCOMPARE(bodies.runAll(), std::size_t{1});
    QVERIFY(hasStatus(client.receive(), 200));
}

QTEST_GUILESS_MAIN(TestSessionLimits)
#include "tst_session_limits.moc"
