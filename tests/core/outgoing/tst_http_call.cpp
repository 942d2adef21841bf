#include "core/base/clock.h"
#include "core/crypto/x509.h"
#include "core/outgoing/http_call.h"
#include "tests/app/scripted_server.h"

#include <QSslKey>
#include <QSslServer>
#include <QSslSocket>
#include <QtTest>

#include <future>

using namespace core;
using namespace core::outgoing;
using namespace std::chrono_literals;
using Kind = CallFailure::Kind;

/// The class: each place that calls another server has its own rules for tokens, redirects, certificates, times and sizes, and one of them forgets a
/// rule. It could occur at each call: of the command line, of an activation, of a preflight, of a search for a primary, of a bucket. What holds: all
/// of them use this one module, and these rules hold there.
class TestHttpCall : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void sendsWhatItWasGiven();
    void sendsALengthOnlyWithABody_data();
    void sendsALengthOnlyWithABody();
    void followsNoRedirect();
    void boundsTheAnswer();
    void givesThePiecesOfADownload();
    void sendsAnUpload_data();
    void sendsAnUpload();
    void endsIfTheUploadCannotBeRead();
    void saysWhyThereIsNoAnswer();
    void endsASilentServersCall();
    void endsWhenItIsCancelled();
    void sendsNoTokenToAnUntrustedServer_data();
    void sendsNoTokenToAnUntrustedServer();
    void sendsAllAtTheSameTime();
    void theBodyGrows();
};

namespace {

/// Takes connections by its backlog, and never answers.
class SilentServer {
public:
    SilentServer() { m_server.listen(QHostAddress::LocalHost); }
    std::string url() const { return "http://127.0.0.1:" + std::to_string(m_server.serverPort()) + "/"; }

private:
    QTcpServer m_server;
};

} // namespace

void TestHttpCall::sendsWhatItWasGiven()
{
    ScriptedServer server{{{.status = 418, .body = "short", .headers = "X-Odd:  two words \r\n"}}};
    const auto token = SecretBytes::copyOf(std::string_view{"hvs.secret"});
    const SecretBytes none;
    HttpCall call{.method = "PUT", .url = server.url() + "/v1/a/../b%2fc?x=1", .headers = {{"X-Vault-Request", "true"}, {"X-Empty", ""}}};
    call.secretHeaders = {{"X-Vault-Token", &token}, {"X-Other-Token", &none}, {"X-No-Token", nullptr}};
    call.body = R"({"a":1})";
    const auto reply = HttpSender{}.send(call);
    QVERIFY(!reply.failure);
    QCOMPARE(reply.status, 418L);
    QCOMPARE(std::string{reply.body.view()}, std::string{"short"});
    QCOMPARE(reply.header("x-odd"), std::string{"two words"});
    QCOMPARE(reply.header("x-missing"), std::string{});

    QCOMPARE(server.requests().size(), std::size_t{1});
    auto request = server.requests().front();
    QCOMPARE(request.line, std::string{"PUT /v1/a/../b%2fc?x=1"});
    QCOMPARE(request.body, std::string{R"({"a":1})"});
    QCOMPARE(request.headers["x-vault-token"], std::string{"hvs.secret"});
    QCOMPARE(request.headers["x-vault-request"], std::string{"true"});
    QVERIFY(request.headers.contains("x-empty"));
    for (const char* absent : {"x-other-token", "x-no-token", "content-type", "expect", "accept-encoding", "user-agent"}) {
        QVERIFY2(!request.headers.contains(absent), absent);
    }
}

void TestHttpCall::sendsALengthOnlyWithABody_data()
{
    QTest::addColumn<QString>("method");
    QTest::addColumn<QString>("length");
    QTest::newRow("GET") << QStringLiteral("GET") << QString{};
    QTest::newRow("LIST") << QStringLiteral("LIST") << QString{};
    QTest::newRow("DELETE") << QStringLiteral("DELETE") << QString{};
    QTest::newRow("POST") << QStringLiteral("POST") << QStringLiteral("0");
    QTest::newRow("PUT") << QStringLiteral("PUT") << QStringLiteral("0");
}

void TestHttpCall::sendsALengthOnlyWithABody()
{
    QFETCH(QString, method);
    QFETCH(QString, length);
    ScriptedServer server{{{}}};
    QVERIFY(!HttpSender{}.send({.method = method.toStdString(), .url = server.url() + "/x"}).failure);
    auto request = server.requests().front();
    QCOMPARE(QString::fromStdString(request.line), method + " /x");
    QCOMPARE(QString::fromStdString(request.headers["content-length"]), length);
    QVERIFY(request.headers["transfer-encoding"].empty());
}

void TestHttpCall::followsNoRedirect()
{
    ScriptedServer other{{{}}};
    ScriptedServer server{{{.status = 307, .body = "", .headers = "Location: " + other.url() + "/v1/x\r\n"}}};
    const auto token = SecretBytes::copyOf(std::string_view{"hvs.secret"});
    const auto reply = HttpSender{}.send({.url = server.url(), .secretHeaders = {{"X-Vault-Token", &token}}});
    QCOMPARE(reply.status, 307L);
    QCOMPARE(reply.header("location"), other.url() + "/v1/x");
    QVERIFY(other.requests().empty());
}

void TestHttpCall::boundsTheAnswer()
{
    ScriptedServer server{{{.body = std::string(1024, 'x')}, {.body = std::string(1025, 'x')}}};
    HttpSender sender;
    const HttpCall call{.url = server.url(), .limits = {.answerBytesMax = 1024}};
    QCOMPARE(sender.send(call).body.view().size(), std::size_t{1024});
    const auto larger = sender.send(call);
    QVERIFY(larger.failure);
    QCOMPARE(larger.failure->kind, Kind::TooLarge);
}

void TestHttpCall::givesThePiecesOfADownload()
{
    ScriptedServer server{{{.body = "the file"}, {.status = 404, .body = "an error"}, {.body = "no room for it"}}};
    std::string taken;
    bool hasRoom = true;
    HttpCall call{.url = server.url()};
    call.download = [&](std::string_view piece) {
        taken.append(piece);
        return hasRoom;
    };
    HttpSender sender;
    QVERIFY(!sender.send(call).failure);
    QCOMPARE(taken, std::string{"the file"});
    const auto missing = sender.send(call);
    QCOMPARE(std::string{missing.body.view()}, std::string{"an error"});
    QCOMPARE(taken, std::string{"the file"});
    hasRoom = false;
    const auto refused = sender.send(call);
    QVERIFY(refused.failure);
    QCOMPARE(refused.failure->kind, Kind::NotStored);
}

void TestHttpCall::sendsAnUpload_data()
{
    QTest::addColumn<bool>("isLengthKnown");
    QTest::newRow("with its length") << true;
    QTest::newRow("in chunks") << false;
}

void TestHttpCall::sendsAnUpload()
{
    QFETCH(bool, isLengthKnown);
    ScriptedServer server{{{}}};
    const std::string file(100'000, 'x');
    std::size_t sent = 0;
    HttpCall call{.method = "PUT", .url = server.url()};
    call.upload = [&](char* buffer, std::size_t room) -> std::optional<std::size_t> {
        const auto count = std::min(room, file.size() - sent);
        file.copy(buffer, count, sent);
        sent += count;
        return count;
    };
    if (isLengthKnown) call.uploadBytes = file.size();
    QVERIFY(!HttpSender{}.send(call).failure);
    auto request = server.requests().front();
    QCOMPARE(request.body.size(), file.size());
    QCOMPARE(request.headers.contains("content-length"), isLengthKnown);
    QCOMPARE(request.headers["transfer-encoding"] == "chunked", !isLengthKnown);
}

void TestHttpCall::endsIfTheUploadCannotBeRead()
{
    ScriptedServer server{{{}}};
    HttpCall call{.method = "PUT", .url = server.url()};
    call.upload = [](char*, std::size_t) { return std::nullopt; };
    const auto reply = HttpSender{}.send(call);
    QVERIFY(reply.failure);
    QCOMPARE(reply.failure->kind, Kind::NotRead);
}

void TestHttpCall::saysWhyThereIsNoAnswer()
{
    HttpSender sender;
    std::string closed;
    {
        SilentServer gone;
        closed = gone.url();
    }
    const auto refused = sender.send({.url = closed});
    QVERIFY(refused.failure && !refused.failure->text.empty() && !refused.failure->detail.empty());
    QCOMPARE(refused.failure->kind, Kind::NotConnected);
    QCOMPARE(sender.send({.url = "file:///etc/passwd"}).failure->kind, Kind::Other);
    QCOMPARE(sender.send({.url = "https://", .tls = {.serverName = "a.test"}}).failure->kind, Kind::Other);
    ScriptedServer plain{{}};
    const auto noTls = sender.send({.url = "https" + plain.url().substr(4)});
    QVERIFY(noTls.failure);
    QCOMPARE(noTls.failure->kind, Kind::Tls);
    QVERIFY2(noTls.failure->detail.find("wrong version number") != std::string::npos, noTls.failure->detail.c_str());
    QCOMPARE(sender.send({.url = plain.url()}).status, 500L); // the sender goes on after failures
}

void TestHttpCall::endsASilentServersCall()
{
    SilentServer silent;
    const auto reply = HttpSender{}.send({.url = silent.url(), .limits = {.total = 200ms}});
    QVERIFY(reply.failure);
    QCOMPARE(reply.failure->kind, Kind::Timeout);
}

void TestHttpCall::endsWhenItIsCancelled()
{
    SilentServer silent;
    HttpCall call{.url = silent.url(), .limits = {.total = 10min}};
    call.isCancelled = [] { return true; };
    const auto reply = HttpSender{}.send(call);
    QVERIFY(reply.failure);
    QCOMPARE(reply.failure->kind, Kind::Cancelled);
}

void TestHttpCall::sendsNoTokenToAnUntrustedServer_data()
{
    QTest::addColumn<bool>("knowsAuthority");
    QTest::addColumn<bool>("isVerified");
    QTest::addColumn<QString>("serverName");
    QTest::addColumn<bool>("isTrusted");
    QTest::newRow("an unknown authority") << false << true << QStringLiteral("a.test") << false;
    QTest::newRow("another name") << true << true << QStringLiteral("b.test") << false;
    QTest::newRow("the address is not in the certificate") << true << true << QString{} << false;
    QTest::newRow("the authority and the name") << true << true << QStringLiteral("a.test") << true;
    QTest::newRow("not verified") << false << false << QString{} << true;
}

void TestHttpCall::sendsNoTokenToAnUntrustedServer()
{
    QFETCH(bool, knowsAuthority);
    QFETCH(bool, isVerified);
    QFETCH(QString, serverName);
    QFETCH(bool, isTrusted);
    const auto now = SystemClock{}.now();
    const auto authority = crypto::makeAuthority("an authority", now);
    QVERIFY(authority);
    const auto leaf = crypto::issueCertificate(*authority, {.commonName = "a.test", .dnsNames = {"a.test"}}, now);
    QVERIFY(leaf);
    QSslServer server;
    QSslConfiguration configuration = QSslConfiguration::defaultConfiguration();
    configuration.setLocalCertificate(QSslCertificate{QByteArray::fromStdString(leaf->certificate)});
    configuration.setPrivateKey(QSslKey{QByteArray{leaf->key.view().data(), static_cast<qsizetype>(leaf->key.size())}, QSsl::Ec});
    server.setSslConfiguration(configuration);
    QVERIFY(server.listen(QHostAddress::LocalHost));
    QByteArray received;
    connect(&server, &QSslServer::pendingConnectionAvailable, this, [&] {
        auto* peer = server.nextPendingConnection();
        const auto answer = [peer, &received] {
            received += peer->readAll();
            if (received.contains("\r\n\r\n")) peer->write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        };
        connect(peer, &QIODevice::readyRead, this, answer);
        answer();
    });
    const auto token = SecretBytes::copyOf(std::string_view{"hvs.secret"});
    HttpCall call{.url = "https://127.0.0.1:" + std::to_string(server.serverPort()) + "/v1/x", .secretHeaders = {{"X-Vault-Token", &token}}};
    call.tls = {.isVerified = isVerified, .serverName = serverName.toStdString()};
    if (knowsAuthority) call.tls.authorities = authority->certificate;
    auto sent = std::async(std::launch::async, [&] { return HttpSender{}.send(call); });
    QTRY_VERIFY(sent.wait_for(0s) == std::future_status::ready);
    const auto reply = sent.get();
    QCOMPARE(!reply.failure.has_value(), isTrusted);
    QCOMPARE(received.contains("hvs.secret"), isTrusted);
    if (isTrusted) {
        QCOMPARE(reply.status, 200L);
        QVERIFY(received.startsWith("GET /v1/x HTTP/1.1\r\n"));
        QVERIFY(received.contains("Host: 127.0.0.1:" + QByteArray::number(server.serverPort()) + "\r\n"));
    } else {
        QCOMPARE(reply.failure->kind, Kind::UntrustedCertificate);
        if (!knowsAuthority) QVERIFY(reply.failure->verifyResult != 0);
    }
}

void TestHttpCall::sendsAllAtTheSameTime()
{
    SilentServer silent;
    ScriptedServer first{{{.status = 201, .body = "one"}}};
    ScriptedServer second{{{.status = 202, .body = "two"}}};
    const std::vector<HttpCall> calls{{.url = first.url()}, {.url = silent.url()}, {.url = second.url()}};
    const auto replies = sendAll(calls, 1s);
    QCOMPARE(replies.size(), std::size_t{3});
    QCOMPARE(replies[0].status, 201L);
    QCOMPARE(std::string{replies[0].body.view()}, std::string{"one"});
    QVERIFY(replies[1].failure);
    QCOMPARE(replies[1].failure->kind, Kind::Timeout);
    QCOMPARE(replies[2].status, 202L);
    QCOMPARE(std::string{replies[2].body.view()}, std::string{"two"});
    QVERIFY(sendAll({}, 1s).empty());
}

void TestHttpCall::theBodyGrows()
{
    AnswerBody body;
    QCOMPARE(body.view(), std::string_view{});
    std::string expected;
    for (int at = 0; at < 1000; ++at) {
        const std::string piece = std::to_string(at) + ";";
        expected += piece;
        QVERIFY(body.append(piece, 10'000));
        QCOMPARE(body.view(), std::string_view{expected});
    }
    QVERIFY(!body.append(std::string(10'001 - expected.size(), 'x'), 10'000));
    QVERIFY(!body.append("x", 3)); // a limit below what it has
    QCOMPARE(body.view(), std::string_view{expected});
    QVERIFY(body.append(std::string(10'000 - expected.size(), 'x'), 10'000));
}

QTEST_GUILESS_MAIN(TestHttpCall)
#include "tst_http_call.moc"
