#include "core/http/listener.h"

#include <QTcpSocket>
#include <QtTest>

using namespace core;

namespace {

/// Answers with what it was asked; writes answer later, on the executor.
class EchoPipeline final : public request::Pipeline {
public:
    void handle(mount::Request request, Executor& executor, request::Completion done) override
    {
        boost::json::object data{{"path", request.path},
                                 {"operation", std::string{policy::toString(request.operation)}},
                                 {"fields", request.data},
                                 {"token", request.clientToken}};
        auto response = mount::Response::ofData(std::move(data));
        if (request.operation == policy::Operation::Update) {
            executor.post([done = std::move(done), response = std::move(response)]() mutable { done(std::move(response)); });
        } else {
            done(std::move(response));
        }
    }
};

QByteArray exchange(const std::string& address, const QByteArray& request)
{
    const auto colon = address.rfind(':');
    QTcpSocket socket;
    socket.connectToHost(QString::fromStdString(address.substr(0, colon)),
                         static_cast<quint16>(std::stoi(address.substr(colon + 1))));
    if (!socket.waitForConnected(5000)) return "no connection";
    socket.write(request);
    QByteArray answer;
    while (socket.waitForReadyRead(10'000)) answer += socket.readAll();
    return answer + socket.readAll();
}

} // namespace

class TestListener : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init();
    void cleanup();
    void answersRequests_data();
    void answersRequests();
    void keepsAConnectionForSeveralRequests();
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
    QTest::newRow("read") << "GET /v1/secret/a%20b" + end + "X-Vault-Token: t\r\n\r\n" << QByteArray{"200"}
                          << QByteArray{R"("path":"secret/a b","operation":"read")"};
    QTest::newRow("bearer") << "GET /v1/a" + end + "Authorization: Bearer tok\r\n\r\n" << QByteArray{"200"} << QByteArray{R"("token":"tok")"};
    QTest::newRow("list verb") << "LIST /v1/secret" + end + "\r\n" << QByteArray{"200"} << QByteArray{R"("path":"secret/","operation":"list")"};
    QTest::newRow("list query") << "GET /v1/secret?list=true" + end + "\r\n" << QByteArray{"200"} << QByteArray{R"("operation":"list")"};
    QTest::newRow("bad list") << "GET /v1/secret?list=maybe" + end + "\r\n" << QByteArray{"400"} << QByteArray{R"({"errors":[]})"};
    QTest::newRow("query fields") << "GET /v1/secret/data/a?version=2" + end + "\r\n" << QByteArray{"200"} << QByteArray{R"("version":"2")"};
    QTest::newRow("write") << post(R"({"a":1})") << QByteArray{"200"} << QByteArray{R"("fields":{"a":1})"};
    QTest::newRow("null body") << post("null") << QByteArray{"200"} << QByteArray{R"("fields":{})"};
    QTest::newRow("form") << post("a=1&b=x+y", "Content-Type: application/x-www-form-urlencoded\r\n") << QByteArray{"200"} << QByteArray{R"({"a":"1","b":"x y"})"};
    QTest::newRow("malformed JSON") << post(R"({"a":)") << QByteArray{"400"} << QByteArray{"failed to parse JSON input"};
    QTest::newRow("array") << post("[1]") << QByteArray{"400"} << QByteArray{"must be a JSON object"};
    QTest::newRow("deep") << post(QByteArray{"{\"a\":"} + QByteArray(100, '[') + QByteArray(100, ']') + "}") << QByteArray{"400"} << QByteArray{"failed to parse JSON input"};
    QTest::newRow("too large") << post(QByteArray(2000, ' ')) << QByteArray{"413"} << QByteArray{"request body too large"};
    QTest::newRow("namespace") << "GET /v1/a" + end + "X-Vault-Namespace: ns1/\r\n\r\n" << QByteArray{"403"} << QByteArray{"namespaces feature not enabled"};
    QTest::newRow("root namespace") << "GET /v1/a" + end + "X-Vault-Namespace: \r\n\r\n" << QByteArray{"200"} << QByteArray{"read"};
    QTest::newRow("wrap ttl") << "GET /v1/a" + end + "X-Vault-Wrap-TTL: soon\r\n\r\n" << QByteArray{"400"} << QByteArray{"Wrap-TTL"};
    QTest::newRow("dots") << "GET /v1/secret/../sys/raw" + end + "\r\n" << QByteArray{"400"} << QByteArray{"relative paths not supported"};
    QTest::newRow("encoded dots") << "GET /v1/secret/%2e%2e/sys" + end + "\r\n" << QByteArray{"400"} << QByteArray{"relative paths not supported"};
    QTest::newRow("double slash") << "GET /v1/secret//a" + end + "\r\n" << QByteArray{"404"} << QByteArray{R"({"errors":[]})"};
    QTest::newRow("outside") << "GET /x" + end + "\r\n" << QByteArray{"404"} << QByteArray{R"({"errors":[]})"};
    QTest::newRow("unknown verb") << "BREW /v1/a" + end + "\r\n" << QByteArray{"405"} << QByteArray{R"({"errors":[]})"};
    QTest::newRow("patch type") << "PATCH /v1/a" + end + "Content-Length: 2\r\n\r\n{}" << QByteArray{"415"} << QByteArray{"merge-patch"};
    QTest::newRow("slash") << "PUT /v1/a/" + end + "Content-Length: 2\r\n\r\n{}" << QByteArray{"400"} << QByteArray{"cannot write to a path ending in '/'"};
    QTest::newRow("garbage") << QByteArray{"\x16\x03\x01\r\n\r\n"} << QByteArray{"400"} << QByteArray{"malformed HTTP request"};
    for (const QByteArray coding : {"gzip, chunked", "chunked, identity", "xchunked", "identity"}) {
        QTest::newRow(("coding " + coding).constData())
            << "POST /v1/a" + end + "Transfer-Encoding: " + coding + "\r\n\r\n0\r\n\r\n" << QByteArray{"400"}
            << QByteArray{"malformed HTTP request"};
    }
    QTest::newRow("chunked") << "POST /v1/a" + end + "Transfer-Encoding: Chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
                             << QByteArray{"200"} << QByteArray{R"("operation":"update")"};
    QTest::newRow("two lengths") << "POST /v1/a" + end + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}"
                                 << QByteArray{"400"} << QByteArray{"malformed HTTP request"};
    QTest::newRow("no host") << QByteArray{"GET /v1/a HTTP/1.1\r\n\r\n"} << QByteArray{"400"} << QByteArray{"malformed HTTP request"};
    QTest::newRow("two hosts") << "GET /v1/a" + end + "Host: y\r\n\r\n" << QByteArray{"400"} << QByteArray{"malformed HTTP request"};
    QTest::newRow("very large") << post(QByteArray(8 << 20, ' ')) << QByteArray{"413"} << QByteArray{"request body too large"};
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

QTEST_GUILESS_MAIN(TestListener)
#include "tst_listener.moc"
