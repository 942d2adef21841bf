#include "core/crypto/tls.h"
#include "core/crypto/x509.h"
#include "tests/core/http/connection_fixture.h"

using namespace http_test;

// The class: a peer that is slow, or silent, keeps a connection for longer than the rules say, or one that keeps to the rules is ended. It could occur
// in each wait of a connection: PROXY header, handshake, first byte, rest of a head, body, answer, next request, rest of a refused request. What holds:
// each wait has one deadline, and bytes that come one by one do not move it.
class TestSessionTimes : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void silentConnectionsEnd_data();
    void silentConnectionsEnd();
    void aHeadHasItsTimeFromItsFirstByteOn();
    void idleConnectionsEnd();
    void aHeadThatCameEarlyHasTheTimeOfAHead();
    void heldBodiesAreRefused();
    void slowBodiesAreRefused();
    void bodiesHaveAWholeTime();
    void aSlowBodyDoesNotEndTheNextRequest();
    void answersWaitForThePipelineWithoutEnd();
    void lostRequestsAreAnswered();
    void slowReadersAreCut();
    void readersOfFilesMustKeepReading();
    void refusedRequestsAreReadForAWhile();
};

namespace {

const auto kMoment = 1ms;

/// True if the server still reads from this connection and answers on it.
bool isServed(Client& client)
{
    return hasStatus(client.ask(kGet), 200);
}

/// One certificate for all tests, because making one is slow.
const crypto::TlsContext& tlsContext()
{
    static const auto context = [] {
        const auto identity = crypto::makeSelfSigned({.commonName = "x", .dnsNames = {"x"}, .ipAddresses = {}, .lifetime = 24h}, SystemClock{}.now());
        return std::move(*crypto::makeListenerTls(*identity, {}));
    }();
    return context;
}

http::Listener::Options withTls(http::Listener::Options options = {})
{
    options.tls = [] { return std::shared_ptr<SSL_CTX>{std::shared_ptr<SSL_CTX>{}, tlsContext().get()}; };
    return options;
}

http::Listener::Options withProxyHeader()
{
    http::Listener::Options options;
    options.proxyProtocol.behavior = http::ProxyProtocolRules::Behavior::UseAlways;
    return options;
}

} // namespace

void TestSessionTimes::silentConnectionsEnd_data()
{
    QTest::addColumn<bool>("hasTls");
    QTest::addColumn<bool>("hasProxy");
    QTest::addColumn<QByteArray>("first");
    QTest::newRow("plain") << false << false << QByteArray{};
    QTest::newRow("TLS") << true << false << QByteArray{};
    QTest::newRow("half of a client hello") << true << false << QByteArray{"\x16\x03\x01\x02\x00\x01\x00", 7};
    QTest::newRow("half of a PROXY header") << false << true << QByteArray{"PROXY TCP4 203.0"};
    QTest::newRow("a PROXY header before TLS") << true << true << QByteArray{"PROXY TCP4 203.0.113.9 192.0.2.1 1 2\r\n"};
}

void TestSessionTimes::silentConnectionsEnd()
{
    QFETCH(bool, hasTls);
    QFETCH(bool, hasProxy);
    QFETCH(QByteArray, first);
    auto options = hasProxy ? withProxyHeader() : http::Listener::Options{};
    Server server{hasTls ? withTls(std::move(options)) : std::move(options)};
    auto client = server.connect();
    if (!first.isEmpty()) {
        server.loop().advance(9s); // these bytes must not move the deadline
        QVERIFY(client.send(first.toStdString()));
        server.loop().advance(1s - kMoment);
    } else {
        server.loop().advance(10s - kMoment);
    }
    QVERIFY(!client.isEnded());
    server.loop().advance(kMoment);
    QVERIFY(client.isEnded());
    QCOMPARE(server.pool.connectionCount(), std::size_t{0});
}

void TestSessionTimes::aHeadHasItsTimeFromItsFirstByteOn()
{
    Server server;
    auto client = server.connect();
    server.loop().advance(9s);
    QVERIFY(client.send("G"));
    server.loop().advance(9s);
    QVERIFY(client.send("E"));
    server.loop().advance(1s - kMoment);
    QVERIFY(!client.isEnded());
    server.loop().advance(kMoment);
    QVERIFY(client.isEnded());

    auto other = server.connect();
    server.loop().advance(9s);
    QVERIFY(other.send(kGet.substr(0, 10)));
    server.loop().advance(9s);
    QVERIFY(hasStatus(other.ask(kGet.substr(10)), 200));
}

void TestSessionTimes::idleConnectionsEnd()
{
    Server server;
    auto client = server.connect();
    QVERIFY(isServed(client));
    server.loop().advance(5min - kMoment);
    QVERIFY(isServed(client)); // the time begins again
    server.loop().advance(5min - kMoment);
    QVERIFY(!client.isEnded());
    server.loop().advance(kMoment);
    QVERIFY(client.isEnded());
}

// The class: a deadline is set when bytes arrive, and bytes that are there already set none. Here the beginning of a second request came together with
// the first one, and the connection had the five minutes of an idle one. It could occur in each wait that begins with bytes in the buffer: the
// handshake after a PROXY header has the deadline of the connection's start, and a body has its own from its beginning.
void TestSessionTimes::aHeadThatCameEarlyHasTheTimeOfAHead()
{
    Server server;
    auto client = server.connect();
    QVERIFY(hasStatus(client.ask(kGet + "GET /v1/"), 200));
    server.loop().advance(10s - kMoment);
    QVERIFY(!client.isEnded());
    server.loop().advance(kMoment);
    QVERIFY(client.isEnded());
}

void TestSessionTimes::heldBodiesAreRefused()
{
    Server server;
    auto client = server.connect();
    const std::string request = post(std::string(100'000, ' '));
    QVERIFY(client.send(request.substr(0, 60'000))); // much at first, then nothing
    server.loop().advance(10s);                      // enough for the first window
    QCOMPARE(client.receive(), std::string{});
    server.loop().advance(10s - kMoment);
    QCOMPARE(client.receive(), std::string{});
    server.loop().advance(kMoment);
    QVERIFY(hasStatus(client.receive(), 408));
    QCOMPARE(server.pool.bodies().bytes(), std::uint64_t{0});
}

void TestSessionTimes::slowBodiesAreRefused()
{
    Server server;
    auto slow = server.connect();
    auto fast = server.connect();
    const std::string request = post("{}" + std::string(200'000, ' '));
    const auto head = request.find("\r\n\r\n") + 4;
    QVERIFY(slow.send(request.substr(0, head)));
    QVERIFY(fast.send(request.substr(0, head)));
    for (int window = 0; window < 2; ++window) {
        QVERIFY(fast.send(request.substr(head + static_cast<std::size_t>(window) * 10'240, 10'240)));
        if (window == 0) QVERIFY(slow.send(request.substr(head, 10'239))); // one byte less than ten kilobytes
        server.loop().advance(10s);
    }
    QVERIFY(hasStatus(slow.receive(), 408));
    QVERIFY(hasStatus(fast.ask(request.substr(head + 20'480)), 200));
}

void TestSessionTimes::bodiesHaveAWholeTime()
{
    Server server;
    auto client = server.connect();
    const std::string request = post("{}" + std::string(200'000, ' '));
    QVERIFY(client.send(request.substr(0, 20'000)));
    for (int second = 0; second < 29; ++second) {
        server.loop().advance(1s);
        QVERIFY(client.send(request.substr(20'000 + static_cast<std::size_t>(second) * 2'000, 2'000))); // always fast enough
    }
    server.loop().advance(1s - kMoment);
    QCOMPARE(client.receive(), std::string{});
    server.loop().advance(kMoment);
    QVERIFY(hasStatus(client.receive(), 408)); // http_read_timeout, 30 s
}

void TestSessionTimes::aSlowBodyDoesNotEndTheNextRequest()
{
    Server server;
    auto client = server.connect();
    const std::string request = post("{}");
    QVERIFY(client.send(request.substr(0, request.size() - 1)));
    server.loop().advance(9s);
    QVERIFY(hasStatus(client.ask("}"), 200));
    server.loop().advance(30s); // the deadlines of the body are over
    QVERIFY(isServed(client));
}

void TestSessionTimes::answersWaitForThePipelineWithoutEnd()
{
    Server server;
    server.pipeline.isHolding = true;
    auto client = server.connect();
    QCOMPARE(client.ask(kGet), std::string{});
    server.loop().advance(2h); // the pipeline has limits of its own
    QVERIFY(!client.isEnded());
    server.pipeline.answerFirst();
    QVERIFY(hasStatus(client.receive(), 200));
    server.pipeline.isHolding = false;
    QVERIFY(isServed(client));
}

void TestSessionTimes::lostRequestsAreAnswered()
{
    Server server;
    server.pipeline.isHolding = true;
    auto client = server.connect();
    QCOMPARE(client.ask(kGet), std::string{});
    server.pipeline.held.clear(); // the code that had the request failed for lack of memory
    server.loop().advance(5s);
    const std::string answer = client.receive();
    QVERIFY(hasStatus(answer, 503));
    QVERIFY(answer.find("Retry-After: 1\r\n") != std::string::npos);
    server.pipeline.isHolding = false;
    QVERIFY(isServed(client));
}

void TestSessionTimes::slowReadersAreCut()
{
    Server server;
    server.pipeline.respond = [](const auto&) { return mount::Response::ofData({{"text", std::string(4'000'000, 'a')}}); };
    auto client = server.connect();
    QVERIFY(client.send(kGet));
    for (int second = 0; second < 89; ++second) {
        server.loop().advance(1s);
        QVERIFY(client.receiveSome(1'000) > 0); // one byte after the other does not make the time longer
    }
    server.loop().advance(1s - kMoment);
    QCOMPARE(server.pool.connectionCount(), std::size_t{1});
    server.loop().advance(kMoment);
    QCOMPARE(server.pool.connectionCount(), std::size_t{0});
}

void TestSessionTimes::readersOfFilesMustKeepReading()
{
    QTemporaryDir directory;
    const std::string file = directory.filePath("answer").toStdString();
    constexpr std::size_t kBytes = 4'000'000;
    QFile written{QString::fromStdString(file)};
    QVERIFY(written.open(QIODevice::WriteOnly) && written.write(QByteArray(kBytes, 'f')) == kBytes);
    written.close();

    Server server;
    server.pipeline.respond = [&](const auto&) {
        mount::Response response;
        response.isRaw = true;
        response.rawFile = file;
        return response;
    };
    auto client = server.connect();
    QVERIFY(client.send(kGet));
    QVERIFY(!QFile::exists(QString::fromStdString(file)));
    std::size_t received = 0;
    for (int minute = 0; minute < 6; ++minute) { // longer than the time for one answer
        server.loop().advance(1min);
        for (std::size_t wanted = 300'000; wanted > 0;) {
            const auto count = client.receiveSome(wanted);
            if (count == 0) break;
            wanted -= count;
            received += count;
        }
    }
    QVERIFY(received > 1'500'000 && received < kBytes);
    QCOMPARE(server.pool.connectionCount(), std::size_t{1});
    server.loop().advance(90s); // it has stopped reading
    QCOMPARE(server.pool.connectionCount(), std::size_t{0});
}

void TestSessionTimes::refusedRequestsAreReadForAWhile()
{
    http::Listener::Options options;
    options.limits.bodyBytesMax = 1'000;
    Server server{std::move(options)};
    auto client = server.connect();
    const std::string request = post(std::string(1'000'000, ' '));
    QVERIFY(client.send(request.substr(0, 2'000)));
    QVERIFY(hasStatus(client.receive(), 413));
    for (int second = 0; second < 4; ++second) {
        QVERIFY(client.send(std::string(1'000, ' '))); // a client that does not look before it has sent everything gets the answer too
        server.loop().advance(1s);
    }
    QCOMPARE(server.pool.connectionCount(), std::size_t{1});
    server.loop().advance(1s);
    QCOMPARE(server.pool.connectionCount(), std::size_t{0});
    QVERIFY(!client.send("x"));
}

QTEST_GUILESS_MAIN(TestSessionTimes)
#include "tst_session_times.moc"
