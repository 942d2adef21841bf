#include "core/mount/answer_stream.h"
#include "tests/core/http/connection_fixture.h"

#include <QTemporaryDir>

#include <fcntl.h>

using namespace http_test;

// The class: both ends have different ideas of whether a connection continues, or of where an answer ends, so that the bytes of one message are read
// as those of another. It could occur with each kind of answer: text, file, stream, refusal, an answer while the server stops. What holds: the head
// says what the server does, and a connection ends if an answer is not whole.
class TestSessionKeepAlive : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void theHeadSaysWhatHappens_data();
    void theHeadSaysWhatHappens();
    void aStoppingServerEndsItsConnections();
    void aFileThatShrinksEndsTheConnection();
    void aFileThatIsGoneIsAnError();
    void streamsEndWithTheirClient_data();
    void streamsEndWithTheirClient();
    void streamsAreChunkedForNewClients();
    void aStreamEndsWithItsToken();
};

void TestSessionKeepAlive::theHeadSaysWhatHappens_data()
{
    QTest::addColumn<QByteArray>("request");
    QTest::addColumn<bool>("isKept");
    QTest::newRow("1.1") << QByteArray{"GET /v1/a HTTP/1.1\r\nHost: x\r\n\r\n"} << true;
    QTest::newRow("1.1, close") << QByteArray{"GET /v1/a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"} << false;
    QTest::newRow("1.0") << QByteArray{"GET /v1/a HTTP/1.0\r\nHost: x\r\n\r\n"} << false;
    QTest::newRow("1.0, keep-alive") << QByteArray{"GET /v1/a HTTP/1.0\r\nHost: x\r\nConnection: keep-alive\r\n\r\n"} << true;
    QTest::newRow("refused by the decoder") << QByteArray{"GET /v1/../a HTTP/1.1\r\nHost: x\r\n\r\n"} << true;
    QTest::newRow("HEAD") << QByteArray{"HEAD /v1/a HTTP/1.1\r\nHost: x\r\n\r\n"} << true;
    QTest::newRow("refused by the parser") << QByteArray{"GET /v1/a HTTP/1.1\r\n\r\n"} << false;
    QTest::newRow("refused for its expectation") << QByteArray{"GET /v1/a HTTP/1.1\r\nHost: x\r\nExpect: tea\r\n\r\n"} << false;
}

void TestSessionKeepAlive::theHeadSaysWhatHappens()
{
    QFETCH(QByteArray, request);
    QFETCH(bool, isKept);
    Server server;
    auto client = server.connect();
    const std::string answer = client.ask(request.toStdString());
    QVERIFY(answer.starts_with("HTTP/1.1 "));
    QCOMPARE(answer.find("Connection: close\r\n") == std::string::npos, isKept);
    QCOMPARE(client.isEnded(), !isKept);
    if (isKept) QVERIFY(hasStatus(client.ask(kGet), 200));
}

// The class: an answer promises something that the server will not do any more. Here an answer that was written while the listener stopped said that
// the connection continues. It could occur with each answer that is decided before the end and written after it; only answers of kept connections
// promise anything.
void TestSessionKeepAlive::aStoppingServerEndsItsConnections()
{
    Server server;
    server.pipeline.isHolding = true;
    auto client = server.connect();
    QVERIFY(client.send(kGet + kGet));
    server.stop();
    server.pipeline.answerFirst();
    const std::string answer = client.receive();
    QVERIFY(hasStatus(answer, 200)); // what was under way is answered
    QVERIFY(answer.find("Connection: close\r\n") != std::string::npos);
    QVERIFY(client.isEnded());
    QVERIFY(server.pipeline.held.empty()); // the next request is not begun
    QCOMPARE(server.pool.connectionCount(), std::size_t{0});
}

namespace {

std::function<mount::Response(const mount::Request&)> fileAnswer(const std::string& file)
{
    return [file](const mount::Request& request) {
        if (request.path == "a") return mount::Response::ofData({});
        mount::Response response;
        response.isRaw = true;
        response.rawFile = file;
        return response;
    };
}

const std::string kGetFile = "GET /v1/file HTTP/1.1\r\nHost: x\r\n\r\n";

} // namespace

// The class: an answer is shorter than its head says, and the connection continues. The client then reads the next answer as the rest of this one. It
// could occur with every answer whose length is sent before all of it was read; only files are such answers.
void TestSessionKeepAlive::aFileThatShrinksEndsTheConnection()
{
    QTemporaryDir directory;
    const std::string path = directory.filePath("f").toStdString();
    const int file = ::open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    QVERIFY(file >= 0 && ::ftruncate(file, 4'000'000) == 0);
    Server server;
    server.pipeline.respond = fileAnswer(path);
    auto client = server.connect();
    QVERIFY(client.send(kGetFile)); // the socket is full before the file ends
    QCOMPARE(::ftruncate(file, 100'000), 0);
    ::close(file);
    const std::string answer = client.receive();
    QVERIFY(answer.find("Content-Length: 4000000\r\n") != std::string::npos);
    QVERIFY(answer.size() < 4'000'000);
    QVERIFY(client.isEnded());
}

void TestSessionKeepAlive::aFileThatIsGoneIsAnError()
{
    QTemporaryDir directory;
    Server server;
    server.pipeline.respond = fileAnswer(directory.filePath("none").toStdString());
    auto client = server.connect();
    QVERIFY(hasStatus(client.ask(kGetFile), 500));
    QVERIFY(hasStatus(client.ask(kGet), 200));
}

namespace {

/// A stream of lines from the test.
class TestStream final : public mount::AnswerStream {
public:
    void say(const std::string& text)
    {
        m_text += text;
        if (m_wake) m_wake();
    }
    std::string take() override { return std::exchange(m_text, {}); }
    void onMore(std::function<void()> wake) override { m_wake = std::move(wake); }
    const SecretBytes& token() const override { return m_token; }

private:
    const SecretBytes m_token = SecretBytes::copyOf(std::string_view{"t"});
    std::string m_text;
    std::function<void()> m_wake;
};

/// A server whose answers are streams; it keeps only the last one alive for as long as the connection does.
struct StreamServer : Server {
    StreamServer()
    {
        pipeline.respond = [this](const auto&) {
            const auto made = std::make_shared<TestStream>();
            stream = made;
            mount::Response response;
            response.isRaw = true;
            response.rawContentType = "text/plain";
            response.rawStream = made;
            return response;
        };
    }
    std::weak_ptr<TestStream> stream;
};

} // namespace

// The class: an answer without an end outlives the client that asked for it. It could occur with every stream. What holds: it ends when the client
// leaves or sends anything, when it does not read, when its token ends, and with the listener. Its source is released at once.
void TestSessionKeepAlive::streamsEndWithTheirClient_data()
{
    QTest::addColumn<int>("end");
    QTest::newRow("the client leaves") << 0;
    QTest::newRow("the client sends something") << 1;
    QTest::newRow("the client does not read") << 2;
    QTest::newRow("the listener stops") << 3;
}

void TestSessionKeepAlive::streamsEndWithTheirClient()
{
    QFETCH(int, end);
    StreamServer server;
    auto client = server.connect();
    QVERIFY(hasStatus(client.ask(kGet), 200));
    server.loop().advance(1h); // it lives for as long as its client wants it
    QVERIFY(!server.stream.expired());
    if (end == 0) client.leave();
    if (end == 1) client.send("x");
    if (end == 2) {
        server.stream.lock()->say(std::string(4'000'000, 'a'));
        server.loop().advance(89s);
        QVERIFY(!server.stream.expired());
        server.loop().advance(1s);
    }
    if (end == 3) server.stop();
    server.loop().advance(1s);
    QVERIFY(server.stream.expired());
    QCOMPARE(server.pool.connectionCount(), std::size_t{0});
}

void TestSessionKeepAlive::streamsAreChunkedForNewClients()
{
    StreamServer server;
    auto client = server.connect();
    const std::string head = client.ask(kGet);
    QVERIFY(head.find("Transfer-Encoding: chunked\r\n") != std::string::npos && head.find("Content-Length") == std::string::npos);
    server.stream.lock()->say("first line\n");
    QCOMPARE(client.receive(), std::string{"b\r\nfirst line\n\r\n"}); // at once: the clock did not move
    server.stream.lock()->say("second\n");
    QCOMPARE(client.receive(), std::string{"7\r\nsecond\n\r\n"});

    auto old = server.connect();
    const std::string oldHead = old.ask("GET /v1/a HTTP/1.0\r\n\r\n");
    QVERIFY(oldHead.find("chunked") == std::string::npos && oldHead.find("Connection: close\r\n") != std::string::npos);
    server.stream.lock()->say("a line\n");
    QCOMPARE(old.receive(), std::string{"a line\n"});
}

void TestSessionKeepAlive::aStreamEndsWithItsToken()
{
    StreamServer server;
    auto client = server.connect();
    QVERIFY(hasStatus(client.ask(kGet), 200));
    server.pipeline.knownToken = "another";
    server.loop().advance(4s);
    QVERIFY(!server.stream.expired());
    server.loop().advance(2s); // the token is checked every five seconds
    QCOMPARE(client.receive(), std::string{"0\r\n\r\n"});
    QVERIFY(client.isEnded());
    QVERIFY(server.stream.expired());
}

QTEST_GUILESS_MAIN(TestSessionKeepAlive)
#include "tst_session_keep_alive.moc"
