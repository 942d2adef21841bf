#include "tests/core/http/connection_fixture.h"

#include <QTemporaryDir>

using namespace http_test;

// The class: a body that is too large for memory fills the disk, stays on it, or is taken from a client that must not send it. It could occur with
// each end of an upload: whole, too large, aborted, too slow, without room, refused, malformed. What holds: the file is removed at each of them, and
// nothing is read without a token that may upload.
class TestSessionUploads : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void uploadsArriveInAFile();
    void uploadsLeaveNoFile_data();
    void uploadsLeaveNoFile();
    void strangersCannotUpload();
    void aRefusedUploadIsNotAskedFor();
    void fastUploadsHaveAnHour();
    void trailersOfUploadsAreDropped();

private:
    http::Listener::Options options() const
    {
        http::Listener::Options made;
        made.upload.directory = m_directory.path().toStdString();
        made.upload.bytesMax = 1'000'000;
        made.upload.freeBytesMin = 0;
        return made;
    }
    int fileCount() const { return static_cast<int>(QDir{m_directory.path()}.entryList(QDir::Files).size()); }

    QTemporaryDir m_directory;
};

namespace {

std::string upload(const std::string& body, const std::string& fields = "X-Vault-Token: t\r\n")
{
    return post(body, fields, "sys/storage/raft/snapshot");
}

const std::string kChunkedHead = "POST /v1/sys/storage/raft/snapshot HTTP/1.1\r\nHost: x\r\nX-Vault-Token: t\r\nTransfer-Encoding: chunked\r\n\r\n";

} // namespace

void TestSessionUploads::uploadsArriveInAFile()
{
    Server server{options()};
    QByteArray stored;
    server.pipeline.respond = [&](const mount::Request& request) {
        QFile file{QString::fromStdString(request.bodyFile)};
        if (!request.bodyFile.empty() && file.open(QIODevice::ReadOnly)) stored = file.readAll();
        return mount::Response::ofData({});
    };
    auto client = server.connect();
    const std::string body(500'000, 's');
    QVERIFY(client.send(upload(body).substr(0, 200'000)));
    QCOMPARE(fileCount(), 1);
    QCOMPARE(server.pool.bodies().bytes(), std::uint64_t{0}); // it costs no memory
    QVERIFY(hasStatus(client.ask(upload(body).substr(200'000)), 200));
    QCOMPARE(stored.toStdString(), body);
    QCOMPARE(fileCount(), 0);
    QVERIFY(hasStatus(client.ask(kGet), 200)); // the connection continues
}

void TestSessionUploads::uploadsLeaveNoFile_data()
{
    QTest::addColumn<int>("way");
    QTest::addColumn<int>("status");
    QTest::newRow("the client leaves") << 0 << 0;
    QTest::newRow("malformed") << 1 << 400;
    QTest::newRow("too slow") << 2 << 408;
    QTest::newRow("too large, announced") << 3 << 413;
    QTest::newRow("too large, in chunks") << 4 << 413;
    QTest::newRow("no room on the disk") << 5 << 500;
    QTest::newRow("no folder") << 6 << 500;
    QTest::newRow("the handler runs out of memory") << 7 << 503;
}

void TestSessionUploads::uploadsLeaveNoFile()
{
    QFETCH(int, way);
    QFETCH(int, status);
    auto rules = options();
    if (way == 5) rules.upload.freeBytesMin = std::uint64_t{1} << 60;
    if (way == 6) rules.upload.directory += "/none";
    Server server{std::move(rules)};
    server.pipeline.isOutOfMemory = way == 7;
    auto client = server.connect();
    const std::string chunk = http::chunkOf(std::string(1'000, 's'));
    std::string answer;
    if (way <= 2) {
        QVERIFY(client.send(kChunkedHead + chunk));
        QCOMPARE(fileCount(), 1);
    }
    if (way == 0) client.leave();
    if (way == 1) answer = client.ask("x\r\n");
    if (way == 2) server.loop().advance(10s);
    if (way == 3) client.send("POST /v1/sys/storage/raft/snapshot HTTP/1.1\r\nHost: x\r\nX-Vault-Token: t\r\nContent-Length: 1000001\r\n\r\ns");
    if (way == 4) {
        client.send(kChunkedHead);
        for (int at = 0; at < 1'001; ++at) client.send(chunk);
    }
    if (way == 5 || way == 6) client.send(kChunkedHead + chunk);
    if (way == 7) client.send(kChunkedHead + chunk + "0\r\n\r\n");
    if (answer.empty()) answer = client.receive();
    if (status != 0) QVERIFY2(hasStatus(answer, status), answer.c_str());
    QCOMPARE(fileCount(), 0);
    QVERIFY(server.pipeline.requests.empty());
}

void TestSessionUploads::strangersCannotUpload()
{
    Server server{options()};
    for (const std::string fields : {"", "X-Vault-Token: wrong\r\n"}) {
        auto client = server.connect();
        QVERIFY(client.send(upload(std::string(100'000, 's'), fields).substr(0, 50'000)));
        QCOMPARE(fileCount(), 0);
        QCOMPARE(server.pipeline.requests.size(), std::size_t{1}); // the pipeline refuses it, without its body
        QVERIFY(server.pipeline.requests.front().bodyFile.empty());
        QVERIFY(client.receive().find("Connection: close\r\n") != std::string::npos);
        server.pipeline.requests.clear();
    }
}

void TestSessionUploads::aRefusedUploadIsNotAskedFor()
{
    Server server{options()};
    const std::string expecting = "Expect: 100-continue\r\n";
    const auto headOnly = [&](const std::string& fields) {
        const std::string request = upload(std::string(10, 's'), fields + expecting);
        return request.substr(0, request.size() - 10);
    };
    auto stranger = server.connect();
    QVERIFY(hasStatus(stranger.ask(headOnly({})), 200)); // the answer of this pipeline; not 100
    auto client = server.connect();
    QVERIFY(hasStatus(client.ask(headOnly("X-Vault-Token: t\r\n")), 100));
    QVERIFY(hasStatus(client.ask(std::string(10, 's')), 200));
}

void TestSessionUploads::fastUploadsHaveAnHour()
{
    auto rules = options();
    rules.upload.bytesMax = 100'000'000;
    Server server{std::move(rules)};
    auto client = server.connect();
    QVERIFY(client.send(kChunkedHead));
    const std::string chunk = http::chunkOf(std::string(10'240, 's'));
    for (int window = 0; window < 359; ++window) {
        QVERIFY(client.send(chunk));
        server.loop().advance(10s);
    }
    QVERIFY(client.send(chunk));
    server.loop().advance(10s - 1ms);
    QCOMPARE(client.receive(), std::string{});
    server.loop().advance(1ms);
    QVERIFY(hasStatus(client.receive(), 408));
    QCOMPARE(fileCount(), 0);
}

void TestSessionUploads::trailersOfUploadsAreDropped()
{
    Server server{options()};
    auto client = server.connect();
    const std::string answer = client.ask(kChunkedHead + "2\r\nab\r\n0\r\nX-Vault-Token: root\r\nX-Forwarded-For: 192.0.2.1\r\n\r\n");
    QVERIFY(hasStatus(answer, 200));
    QCOMPARE(server.pipeline.requests.size(), std::size_t{1});
    QCOMPARE(server.pipeline.requests.front().clientToken, std::string{"t"});
    QCOMPARE(server.pipeline.requests.front().remoteAddress, std::string{"203.0.113.9"});
    auto other = server.connect();
    QVERIFY(hasStatus(other.ask(kChunkedHead + "2\r\nab\r\n0\r\nContent-Length: 2\r\n\r\n"), 400));
    QCOMPARE(fileCount(), 0);
}

QTEST_GUILESS_MAIN(TestSessionUploads)
#include "tst_session_uploads.moc"
