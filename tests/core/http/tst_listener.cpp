#include "core/base/mutex.h"
#include "core/http/listener.h"
#include "core/mount/answer_stream.h"

#include <QLocalSocket>
#include <QTcpSocket>
#include <QtTest>

#include <new>
#include <sys/stat.h>

using namespace core;

namespace {

/// A stream of lines from the test.
class TestStream final : public mount::AnswerStream {
public:
    explicit TestStream(const std::string& token) : m_token{SecretBytes::copyOf(token)} {}
    void say(const std::string& text)
    {
        std::function<void()> wake;
        {
            MutexLock lock{m_mutex};
            m_text += text;
            wake = m_wake;
        }
        if (wake) wake();
    }
    std::string take() override
    {
        MutexLock lock{m_mutex};
        return std::exchange(m_text, {});
    }
    void onMore(std::function<void()> wake) override
    {
        MutexLock lock{m_mutex};
        m_wake = std::move(wake);
    }
    const SecretBytes& token() const override { return m_token; }

private:
    const SecretBytes m_token;
    Mutex m_mutex; // leaf lock
    std::string m_text CORE_GUARDED_BY(m_mutex);
    std::function<void()> m_wake CORE_GUARDED_BY(m_mutex);
};

/// Answers with the request itself. Writes are answered later, on the executor.
class EchoPipeline final : public request::Pipeline {
public:
    std::weak_ptr<TestStream> stream; // the last one; written before its first byte is sent
    bool isKnown(std::string_view token, std::string_view) override { return token == "t"; }
    void handle(mount::Request request, Executor& executor, request::Completion done) override
    {
        boost::json::object data{{"path", request.path},
                                 {"operation", std::string{policy::toString(request.operation)}},
                                 {"fields", request.data},
                                 {"token", request.clientToken},
                                 {"address", request.remoteAddress}};
        if (request.path == "no-memory") throw std::bad_alloc{};
        if (request.path == "stream") {
            mount::Response streamed;
            streamed.isRaw = true;
            streamed.rawContentType = "text/plain";
            const auto made = std::make_shared<TestStream>(request.clientToken);
            stream = made;
            streamed.rawStream = made;
            return done(std::move(streamed));
        }
        auto response = mount::Response::ofData(std::move(data));
        if (request.operation == policy::Operation::Update) {
            executor.post([done = std::move(done), response = std::move(response)]() mutable { done(std::move(response)); });
        } else {
            done(std::move(response));
        }
    }
};

QByteArray exchange(const std::string& address, const QByteArray& request, int waitMs = 10'000)
{
    const auto colon = address.rfind(':');
    QTcpSocket socket;
    socket.connectToHost(QString::fromStdString(address.substr(0, colon)), static_cast<quint16>(std::stoi(address.substr(colon + 1))));
    if (!socket.waitForConnected(5000)) return "no connection";
    socket.write(request);
    QByteArray answer;
    while (socket.waitForReadyRead(waitMs)) answer += socket.readAll();
    return answer + socket.readAll();
}

} // namespace

// The class: a peer sends something without end, or in a wrong place, and the server keeps it or believes it. It could occur at each wait of the
// parser for the end of something (empty lines, request line, head, chunk line, trailer section). It could occur in each form of a request target,
// and in each field that must be in a head (token, namespace, wrapping, forwarding, expectation, framing). What holds: every wait is bounded,
// trailers are counted and dropped, and a target is converted to its origin form before it is used.
class TestListener : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init();
    void cleanup();
    void answersRequests_data();
    void answersRequests();
    void keepsAConnectionForSeveralRequests();
    void listenerRulesHold_data();
    void listenerRulesHold();
    void silentConnectionsMakeRoom();
    void streamsUntilTheClientLeaves();
    void servesAUnixSocket();
    void refusesASecondListenerOnTheSamePort();

private:
    OsRandom m_random;
    EchoPipeline m_pipeline;
    std::unique_ptr<http::IoPool> m_pool;
    std::unique_ptr<http::Listener> m_listener;
};

void TestListener::init()
{
    m_pool = std::make_unique<http::IoPool>(2);
    http::Listener::Options options;
    options.address = "127.0.0.1:0";
    options.limits.bodyBytesMax = 1000;
    auto started = http::Listener::start(std::move(options), *m_pool, m_pipeline, m_random);
    QVERIFY(started);
    m_listener = std::move(*started);
}

void TestListener::cleanup()
{
    m_listener->stop();
    m_pool->stop();
    m_listener.reset();
    m_pool.reset();
}

void TestListener::answersRequests_data()
{
    QTest::addColumn<QByteArray>("request");
    QTest::addColumn<QByteArray>("status");
    QTest::addColumn<QByteArray>("part");
    const QByteArray end = " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n";
    const auto post = [&](const QByteArray& body, const QByteArray& extra = {}) {
        return "POST /v1/secret/a" + end + extra + "Content-Length: " + QByteArray::number(body.size()) + "\r\n\r\n" + body;
    };
    QTest::newRow("read") << "GET /v1/secret/a%20b" + end + "X-Vault-Token: t\r\n\r\n"
                          << QByteArray{"200"} << QByteArray{R"("path":"secret/a b","operation":"read")"};
    QTest::newRow("bearer") << "GET /v1/a" + end + "Authorization: Bearer tok\r\n\r\n" << QByteArray{"200"} << QByteArray{R"("token":"tok")"};
    QTest::newRow("list verb") << "LIST /v1/secret" + end + "\r\n" << QByteArray{"200"} << QByteArray{R"("path":"secret/","operation":"list")"};
    QTest::newRow("list query") << "GET /v1/secret?list=true" + end + "\r\n" << QByteArray{"200"} << QByteArray{R"("operation":"list")"};
    QTest::newRow("bad list") << "GET /v1/secret?list=maybe" + end + "\r\n" << QByteArray{"400"} << QByteArray{R"({"errors":[]})"};
    QTest::newRow("query fields") << "GET /v1/secret/data/a?version=2" + end + "\r\n" << QByteArray{"200"} << QByteArray{R"("version":"2")"};
    QTest::newRow("write") << post(R"({"a":1})") << QByteArray{"200"} << QByteArray{R"("fields":{"a":1})"};
    QTest::newRow("null body") << post("null") << QByteArray{"200"} << QByteArray{R"("fields":{})"};
    QTest::newRow("form") << post("a=1&b=x+y", "Content-Type: application/x-www-form-urlencoded\r\n") << QByteArray{"200"}
                          << QByteArray{R"({"a":"1","b":"x y"})"};
    QTest::newRow("malformed JSON") << post(R"({"a":)") << QByteArray{"400"} << QByteArray{"failed to parse JSON input"};
    QTest::newRow("array") << post("[1]") << QByteArray{"400"} << QByteArray{"must be a JSON object"};
    QTest::newRow("deep") << post(QByteArray{"{\"a\":"} + QByteArray(480, '[') + "}") << QByteArray{"400"}
                          << QByteArray{"failed to parse JSON input"};
    QTest::newRow("too deep") << post(QByteArray{"{\"a\":"} + QByteArray(500, '[') + "}") << QByteArray{"400"}
                              << QByteArray{"limit max_json_depth = 500"};
    QTest::newRow("repeated key") << post(R"({"a":1,"a":2})") << QByteArray{"400"} << QByteArray{R"(the key \"a\" is repeated)"};
    QTest::newRow("form with a repeated name") << post("a=1&a=2", "Content-Type: application/x-www-form-urlencoded; charset=utf-8\r\n")
                                               << QByteArray{"200"} << QByteArray{R"("fields":{"a":["1","2"]})"};
    QTest::newRow("too large") << post(QByteArray(2000, ' ')) << QByteArray{"413"} << QByteArray{"request body too large"};
    QTest::newRow("namespace") << "GET /v1/a" + end + "X-Vault-Namespace: ns1/\r\n\r\n"
                               << QByteArray{"403"} << QByteArray{"namespaces feature not enabled"};
    QTest::newRow("root namespace") << "GET /v1/a" + end + "X-Vault-Namespace: \r\n\r\n" << QByteArray{"200"} << QByteArray{"read"};
    QTest::newRow("wrap ttl") << "GET /v1/a" + end + "X-Vault-Wrap-TTL: soon\r\n\r\n" << QByteArray{"400"} << QByteArray{"Wrap-TTL"};
    QTest::newRow("dots") << "GET /v1/secret/../sys/raw" + end + "\r\n" << QByteArray{"400"} << QByteArray{"relative paths not supported"};
    QTest::newRow("encoded dots") << "GET /v1/secret/%2e%2e/sys" + end + "\r\n" << QByteArray{"400"} << QByteArray{"relative paths not supported"};
    for (const QByteArray path : {"secret/./a", "secret/.", "./secret", "secret/%2e/a", "secret/a/..", "secret/%2E%2e"}) {
        QTest::newRow(("dot segment " + path).constData()) << "GET /v1/" + path + end + "\r\n"
                                                           << QByteArray{"400"} << QByteArray{"relative paths not supported"};
    }
    QTest::newRow("dots in a name") << "GET /v1/secret/.a/b./..." + end + "\r\n" << QByteArray{"200"} << QByteArray{R"("path":"secret/.a/b./...")"};
    QTest::newRow("absolute form") << "GET http://x:8200/v1/a?version=2" + end + "\r\n" << QByteArray{"200"} << QByteArray{R"("path":"a")"};
    QTest::newRow("absolute form of a write") << "POST HTTPS://x/v1/a" + end + "Content-Length: 2\r\n\r\n{}" << QByteArray{"200"}
                                              << QByteArray{R"("path":"a")"};
    QTest::newRow("absolute form without a path") << "GET http://x" + end + "\r\n" << QByteArray{"404"} << QByteArray{R"({"errors":[]})"};
    for (const QByteArray target : {"http:///v1/a", "http://user@x/v1/a", "ftp://x/v1/a", "v1/a", "*"}) {
        QTest::newRow(("target " + target).constData()) << "GET " + target + end + "\r\n"
                                                        << QByteArray{"400"} << QByteArray{"malformed request target"};
    }
    QTest::newRow("expectation") << "POST /v1/a" + end + "Expect: 100-Continue\r\nContent-Length: 2\r\n\r\n{}" << QByteArray{"100"}
                                 << QByteArray{"HTTP/1.1 200"};
    QTest::newRow("unknown expectation") << "POST /v1/a" + end + "Expect: 200-ok\r\nContent-Length: 2\r\n\r\n{}" << QByteArray{"417"}
                                         << QByteArray{"errors"};
    QTest::newRow("two expectations") << "POST /v1/a" + end + "Expect: tea\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n{}"
                                      << QByteArray{"417"} << QByteArray{"errors"};
    const QByteArray chunked = end + "Transfer-Encoding: chunked\r\n\r\n";
    QTest::newRow("trailer") << "GET /v1/a" + chunked +
                                    "0\r\nX-Vault-Token: t\r\nX-Vault-Namespace: n\r\nX-Vault-Wrap-TTL: soon\r\nX-Forwarded-For: q\r\n\r\n"
                             << QByteArray{"200"} << QByteArray{R"("token":"")"};
    for (const QByteArray field : {"Content-Length: 5", "Transfer-Encoding: chunked"}) {
        QTest::newRow(("trailer " + field).constData()) << "POST /v1/a" + chunked + "2\r\n{}\r\n0\r\n" + field + "\r\n\r\n"
                                                        << QByteArray{"400"} << QByteArray{"malformed HTTP request"};
    }
    QTest::newRow("many trailers") << "POST /v1/a" + chunked + "0\r\n" + QByteArray{"X-A: b\r\n"}.repeated(500) + "\r\n"
                                   << QByteArray{"431"} << QByteArray{"errors"};
    QTest::newRow("long trailer") << "POST /v1/a" + chunked + "0\r\nX-A: " + QByteArray(40'000, 'a') << QByteArray{"400"}
                                  << QByteArray{"malformed HTTP request"};
    QTest::newRow("chunk extension") << "POST /v1/a" + chunked + "2;name=value\r\n{}\r\n0;b\r\n\r\n"
                                     << QByteArray{"200"} << QByteArray{R"("operation":"update")"};
    QTest::newRow("long chunk extension") << "POST /v1/a" + chunked + "2;a=" + QByteArray(200'000, 'a') << QByteArray{"400"}
                                          << QByteArray{"malformed HTTP request"};
    QTest::newRow("long chunk size") << "POST /v1/a" + chunked + QByteArray(200'000, '0') << QByteArray{"400"}
                                     << QByteArray{"malformed HTTP request"};
    QTest::newRow("long head") << "GET /v1/a" + end + "X-A: " + QByteArray(200'000, 'a') << QByteArray{"431"} << QByteArray{"errors"};
    QTest::newRow("long request line") << "GET /v1/" + QByteArray(200'000, 'a') << QByteArray{"431"} << QByteArray{"errors"};
    QTest::newRow("an empty line before") << "\r\n\r\nGET /v1/a" + end + "\r\n" << QByteArray{"200"} << QByteArray{"read"};
    QTest::newRow("empty lines without end") << QByteArray{"\r\n"}.repeated(5'000) << QByteArray{"400"} << QByteArray{"malformed HTTP request"};
    QTest::newRow("double slash") << "GET /v1/secret//a" + end + "\r\n" << QByteArray{"404"} << QByteArray{R"({"errors":[]})"};
    QTest::newRow("outside") << "GET /x" + end + "\r\n" << QByteArray{"404"} << QByteArray{R"({"errors":[]})"};
    QTest::newRow("unknown verb") << "BREW /v1/a" + end + "\r\n" << QByteArray{"405"} << QByteArray{R"({"errors":[]})"};
    QTest::newRow("patch type") << "PATCH /v1/a" + end + "Content-Length: 2\r\n\r\n{}" << QByteArray{"415"} << QByteArray{"merge-patch"};
    QTest::newRow("slash") << "PUT /v1/a/" + end + "Content-Length: 2\r\n\r\n{}" << QByteArray{"400"}
                           << QByteArray{"cannot write to a path ending in '/'"};
    QTest::newRow("garbage") << QByteArray{"\x16\x03\x01\r\n\r\n"} << QByteArray{"400"} << QByteArray{"malformed HTTP request"};
    for (const QByteArray coding : {"gzip, chunked", "chunked, identity", "xchunked", "identity"}) {
        QTest::newRow(("coding " + coding).constData()) << "POST /v1/a" + end + "Transfer-Encoding: " + coding + "\r\n\r\n0\r\n\r\n"
                                                        << QByteArray{"400"} << QByteArray{"malformed HTTP request"};
    }
    QTest::newRow("chunked") << "POST /v1/a" + end + "Transfer-Encoding: Chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
                             << QByteArray{"200"} << QByteArray{R"("operation":"update")"};
    QTest::newRow("two lengths") << "POST /v1/a" + end + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}" << QByteArray{"400"}
                                 << QByteArray{"malformed HTTP request"};
    QTest::newRow("no host") << QByteArray{"GET /v1/a HTTP/1.1\r\n\r\n"} << QByteArray{"400"} << QByteArray{"malformed HTTP request"};
    QTest::newRow("two hosts") << "GET /v1/a" + end + "Host: y\r\n\r\n" << QByteArray{"400"} << QByteArray{"malformed HTTP request"};
    QTest::newRow("very large") << post(QByteArray(8 << 20, ' ')) << QByteArray{"413"} << QByteArray{"request body too large"};
    QTest::newRow("out of memory") << "GET /v1/no-memory" + end + "\r\n" << QByteArray{"503"} << QByteArray{"Retry-After: 1"};
    QTest::newRow("many headers") << "GET /v1/a" + end + QByteArray{"X-A: b\r\n"}.repeated(500) + "\r\n" << QByteArray{"431"} << QByteArray{"errors"};
}

void TestListener::answersRequests()
{
    QFETCH(QByteArray, request);
    QFETCH(QByteArray, status);
    QFETCH(QByteArray, part);
    const QByteArray answer = exchange(m_listener->address(), request);
    QVERIFY2(answer.startsWith("HTTP/1.1 " + status + " "), answer.constData());
    QVERIFY2(answer.contains(part), answer.constData());
    QVERIFY(answer.contains("Cache-Control: no-store"));
}

void TestListener::keepsAConnectionForSeveralRequests()
{
    const QByteArray one = "POST /v1/a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}";
    const QByteArray last = "HEAD /v1/a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    const QByteArray answer = exchange(m_listener->address(), one + one + one + last); // pipelined
    QCOMPARE(answer.count("HTTP/1.1 200"), 4);
    QCOMPARE(answer.count("\"path\":\"a\""), 3);
}

void TestListener::refusesASecondListenerOnTheSamePort()
{
    http::Listener::Options options;
    options.address = m_listener->address();
    const auto second = http::Listener::start(std::move(options), *m_pool, m_pipeline, m_random);
    QVERIFY(!second);
    QVERIFY(second.error().detail.find("cannot listen") != std::string::npos);
}

// The class: a restricting key of the configuration is read and then ignored. One request tries each rule of a listener here. The full tests are
// where the rules are decided (tst_peer_address, tst_body_budget).
void TestListener::listenerRulesHold_data()
{
    QTest::addColumn<int>("rule");
    QTest::addColumn<QByteArray>("request");
    QTest::addColumn<QByteArray>("status");
    QTest::addColumn<QByteArray>("part");
    const QByteArray end = " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n";
    const QByteArray read = "GET /v1/a" + end;
    QTest::newRow("forwarded for") << 0 << read + "X-Forwarded-For: 203.0.113.9\r\n\r\n"
                                   << QByteArray{"200"} << QByteArray{R"("address":"203.0.113.9")"};
    QTest::newRow("forwarded for, absent") << 0 << read + "\r\n" << QByteArray{"400"} << QByteArray{"missing x-forwarded-for header"};
    QTest::newRow("request header") << 1 << read + "X-Vault-Request: true\r\n\r\n" << QByteArray{"200"} << QByteArray{"read"};
    QTest::newRow("request header, absent") << 1 << read + "\r\n" << QByteArray{"412"} << QByteArray{"X-Vault-Request"};
    QTest::newRow("replication status off") << 2 << "GET /v1/sys/replication/dr/status" + end + "\r\n" << QByteArray{"404"} << QByteArray{"errors"};
    QTest::newRow("the rest of replication") << 2 << "GET /v1/sys/replication/dr/primary" + end + "\r\n" << QByteArray{"200"} << QByteArray{"read"};
    QTest::newRow("custom headers") << 3 << read + "\r\n" << QByteArray{"200"} << QByteArray{"X-Good: t\r\n"};
    QTest::newRow("proxy header") << 4 << "PROXY TCP4 203.0.113.9 192.0.2.1 1 2\r\n" + read + "\r\n"
                                  << QByteArray{"200"} << QByteArray{R"("address":"203.0.113.9")"};
    QTest::newRow("without a proxy header") << 4 << read + "\r\n" << QByteArray{"200"} << QByteArray{R"("address":"127.0.0.1")"};
}

void TestListener::listenerRulesHold()
{
    QFETCH(int, rule);
    QFETCH(QByteArray, request);
    QFETCH(QByteArray, status);
    QFETCH(QByteArray, part);
    http::Listener::Options options;
    options.address = "127.0.0.1:0";
    if (rule == 0) options.forwardedFor.authorizedNetworks = {"127.0.0.1/32"};
    if (rule == 1) options.isRequestHeaderRequired = true;
    if (rule == 2) options.isReplicationStatusOff = true;
    if (rule == 3) QVERIFY(options.replyHeaders.add("2xx", "X-Good", {"t"}));
    if (rule == 4) options.proxyProtocol.behavior = http::ProxyProtocolRules::Behavior::UseAlways;
    auto listener = http::Listener::start(std::move(options), *m_pool, m_pipeline, m_random);
    QVERIFY(listener);
    const QByteArray answer = exchange((*listener)->address(), request);
    QVERIFY2(answer.startsWith("HTTP/1.1 " + status + " "), answer.constData());
    QVERIFY2(answer.contains(part), answer.constData());
    (*listener)->stop();
}

// The class: connections that cost an attacker nothing keep others out. What holds: connections that wait for their peer are closed, the longest idle
// first, before a new one is refused.
void TestListener::silentConnectionsMakeRoom()
{
    http::IoPool pool{1, {.connectionCountMax = 8, .bodies = {}}};
    http::Listener::Options options;
    options.address = "127.0.0.1:0";
    auto listener = http::Listener::start(std::move(options), pool, m_pipeline, m_random);
    QVERIFY(listener);
    const auto address = QString::fromStdString((*listener)->address()).split(':');
    std::vector<std::unique_ptr<QTcpSocket>> silent;
    for (int at = 0; at < 20; ++at) {
        silent.push_back(std::make_unique<QTcpSocket>());
        silent.back()->connectToHost(address[0], static_cast<quint16>(address[1].toUInt()));
        QVERIFY(silent.back()->waitForConnected(5000));
    }
    const QByteArray answer = exchange((*listener)->address(), "GET /v1/a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    QVERIFY2(answer.startsWith("HTTP/1.1 200 "), answer.constData());
    QVERIFY(silent.front()->waitForDisconnected(5000));
    QCOMPARE(silent.back()->state(), QAbstractSocket::ConnectedState);
    QVERIFY(pool.connectionCount() <= 9);
    (*listener)->stop();
    pool.stop();
}

namespace {

/// Requests the stream on a connection of its own, and reads the head.
std::unique_ptr<QTcpSocket> streamFrom(const std::string& address, const QByteArray& version, QByteArray& head)
{
    const auto colon = address.rfind(':');
    auto socket = std::make_unique<QTcpSocket>();
    socket->connectToHost(QString::fromStdString(address.substr(0, colon)), static_cast<quint16>(std::stoi(address.substr(colon + 1))));
    if (!socket->waitForConnected(5000)) return nullptr;
    socket->write("GET /v1/stream HTTP/" + version + "\r\nHost: x\r\nX-Vault-Token: t\r\n\r\n");
    while (!head.endsWith("\r\n\r\n") && socket->waitForReadyRead(5000)) head += socket->readAll();
    return socket;
}

/// Reads until the text contains `part`, or until nothing comes for this time.
QByteArray readUntil(QTcpSocket& socket, const QByteArray& part)
{
    QByteArray out = socket.readAll();
    while (!out.contains(part) && socket.waitForReadyRead(10'000)) out += socket.readAll();
    return out;
}

} // namespace

/// The class: an answer without an end outlives the client that asked for it. It could occur with every stream. What holds: it ends when the client
/// leaves or sends anything, when its token ends, and with the listener. Its source is released at once.
void TestListener::streamsUntilTheClientLeaves()
{
    QByteArray head;
    const auto socket = streamFrom(m_listener->address(), "1.1", head);
    QVERIFY(head.startsWith("HTTP/1.1 200 OK\r\n") && head.contains("Transfer-Encoding: chunked\r\n") && !head.contains("Content-Length"));
    QVERIFY(head.contains("Content-Type: text/plain\r\n"));
    const auto stream = m_pipeline.stream;
    stream.lock()->say("first line\n");
    QCOMPARE(readUntil(*socket, "line"), QByteArray{"b\r\nfirst line\n\r\n"});
    stream.lock()->say("second\n");
    QCOMPARE(readUntil(*socket, "second"), QByteArray{"7\r\nsecond\n\r\n"});
    QVERIFY(!stream.expired());
    socket->disconnectFromHost();
    QTRY_VERIFY(stream.expired());
    QTRY_COMPARE(m_pool->connectionCount(), std::size_t{0});
}

void TestListener::servesAUnixSocket()
{
    QTemporaryDir directory;
    const std::string path = directory.filePath("s").toStdString();
    const auto start = [&](const std::string& mode) {
        http::Listener::Options options;
        options.unixSocket = http::UnixSocket{path, mode, {}, {}};
        return http::Listener::start(std::move(options), *m_pool, m_pipeline, m_random);
    };
    QVERIFY(!start("rw"));
    auto first = start("0620");
    QVERIFY(first);
    struct stat status {};
    QCOMPARE(::stat(path.c_str(), &status), 0);
    QCOMPARE(status.st_mode & 0777, mode_t{0620});
    QVERIFY(!start("0600")); // the socket is in use

    QLocalSocket socket;
    socket.connectToServer(QString::fromStdString(path));
    QVERIFY(socket.waitForConnected(5000));
    socket.write("GET /v1/a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    QByteArray answer;
    while (socket.waitForReadyRead(10'000)) answer += socket.readAll();
    QVERIFY2(answer.startsWith("HTTP/1.1 200 "), answer.constData());
    QVERIFY(answer.contains(R"("address":"")"));
    (*first)->stop();
    QVERIFY(!QFile::exists(QString::fromStdString(path)));
}

QTEST_GUILESS_MAIN(TestListener)
#include "tst_listener.moc"
