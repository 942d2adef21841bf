// The contract of ClusterClient, run against the HTTP client (on a canned server) and the fake of the other tests.
#include "tests/widgets/canned_server.h"
#include "tests/widgets/fake_cluster_client.h"
#include "widgets/client/cluster_status.h"
#include "widgets/client/command_line.h"
#include "widgets/client/http_cluster_client.h"
#include "widgets/client/requests.h"

#include <QSignalSpy>
#include <QFile>
#include <QJsonDocument>
#include <QTemporaryDir>
#include <QTest>

using namespace Qt::StringLiterals;
using namespace widgets;
using namespace std::chrono_literals;

class TestClusterClient : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init();

    void answersLater_data() { kinds(); }
    void answersLater();
    void isSilentWhenTheContextIsGone_data() { kinds(); }
    void isSilentWhenTheContextIsGone();
    void tellsUnreachableFromRefused_data() { kinds(); }
    void tellsUnreachableFromRefused();
    void sendsTheTokenOnlyWhereItBelongs_data() { kinds(); }
    void sendsTheTokenOnlyWhereItBelongs();
    void downloadsAndUploads_data() { kinds(); }
    void downloadsAndUploads();

    void httpMapsErrors_data();
    void httpMapsErrors();
    void httpTimesOut();
    void httpDropsHalfADownload();
    void httpRefusesWhatIsNoJson();
    void httpCutsAReplyThatDoesNotEnd();
    void httpListsByQuery();

    void commandsMatchTheRequests_data();
    void commandsMatchTheRequests();
    void readsTheStatusOfTheSpecification();

private:
    void kinds();
    void make();
    ApiResult ask(const ApiRequest& request);

    std::unique_ptr<tests::CannedServer> m_server;
    std::unique_ptr<tests::FakeFleet> m_fleet;
    std::unique_ptr<ClusterClient> m_client;
    QTemporaryDir m_folder;
};

void TestClusterClient::kinds()
{
    QTest::addColumn<bool>("isHttp");
    QTest::newRow("http") << true;
    QTest::newRow("fake") << false;
}

void TestClusterClient::init()
{
    m_server = std::make_unique<tests::CannedServer>();
    m_server->answers["/v1/sys/health"] = {299, R"({"initialized":true,"sealed":false,"version":"0.1.0"})", {}, false};
    m_server->answers["/v1/auth/token/lookup-self"] = {200, R"({"data":{"policies":["root"]},"warnings":["mind the gap"]})", {}, false};
    m_server->answers["/v1/sys/storage/raft/snapshot"] = {200, "snapshot of nothing", {}, false};
    m_fleet = std::make_unique<tests::FakeFleet>();
    m_fleet->add(u"a"_s);
}

void TestClusterClient::make()
{
    QFETCH(bool, isHttp);
    if (isHttp)
        m_client = std::make_unique<HttpClusterClient>(HttpClusterClient::Options{QUrl{u"http://127.0.0.1:%1"_s.arg(m_server->serverPort())}, {}});
    else m_client = std::make_unique<tests::FakeClusterClient>(*m_fleet, u"a"_s);
}

ApiResult TestClusterClient::ask(const ApiRequest& request)
{
    std::optional<ApiResult> result;
    m_client->send(request, {this, [&](const ApiResult& r) { result = r; }});
    const bool isAnswered = QTest::qWaitFor([&] { return result.has_value(); });
    return isAnswered ? *result : ApiResult{core::Error{core::ErrorCode::Internal, "the test waited in vain"}};
}

void TestClusterClient::answersLater()
{
    make();
    bool isCalled = false;
    m_client->send(requests::health(), {this, [&](const ApiResult& result) {
                                            isCalled = true;
                                            QVERIFY(result);
                                            QCOMPARE(result->body.value("version"_L1).toString(), u"0.1.0"_s);
                                        }});
    QVERIFY(!isCalled);
    QTRY_VERIFY(isCalled);
}

void TestClusterClient::isSilentWhenTheContextIsGone()
{
    make();
    bool isCalled = false;
    {
        QObject context;
        m_client->send(requests::health(), {&context, [&](const ApiResult&) { isCalled = true; }});
    }
    QVERIFY(ask(requests::health())); // a later answer has arrived, so the first one would have arrived too
    QVERIFY(!isCalled);
}

void TestClusterClient::tellsUnreachableFromRefused()
{
    make();
    m_server->answers["/v1/sys/mounts"] = {403, R"({"errors":["1 error occurred:\n\t* permission denied\n\n"]})", {}, false};
    auto refused = ask(requests::mounts());
    QVERIFY(!refused);
    QVERIFY(refused.error().code == core::ErrorCode::PermissionDenied);
    QCOMPARE(QString::fromStdString(refused.error().detail), u"permission denied"_s);
    m_server->close();
    m_fleet->at(u"a"_s).isReachable = false;
    auto unreachable = ask(requests::health());
    QVERIFY(!unreachable);
    QVERIFY(unreachable.error().code == core::ErrorCode::Unavailable);
}

void TestClusterClient::sendsTheTokenOnlyWhereItBelongs()
{
    make();
    QVERIFY(!m_client->hasToken());
    m_client->setToken(core::SecretBytes::copyOf(tests::FakeFleet::kToken));
    QVERIFY(m_client->hasToken());
    QVERIFY(ask(requests::health()));
    auto known = ask(requests::lookupSelf());
    QVERIFY(known);
    QVERIFY(!known->data.value("policies"_L1).isUndefined());
    QFETCH(bool, isHttp);
    if (!isHttp) return;
    QVERIFY(!m_server->requests[0].head.contains("X-Vault-Token"));
    QVERIFY(m_server->requests[0].target.contains("sealedcode=299"));
    QVERIFY(m_server->requests[1].head.contains(QByteArray{"X-Vault-Token: "} + tests::FakeFleet::kToken));
    QVERIFY(m_server->requests[1].head.contains("X-Vault-Request: true"));
    QCOMPARE(known->warnings, QStringList{u"mind the gap"_s});
}

void TestClusterClient::downloadsAndUploads()
{
    make();
    m_client->setToken(core::SecretBytes::copyOf(tests::FakeFleet::kToken));
    const QString file = m_folder.filePath(u"x.snap"_s);
    std::optional<bool> isDone;
    m_client->download(requests::snapshotSave(), file, {}, {this, [&](const ApiResult& r) { isDone = r.has_value(); }});
    QTRY_VERIFY(isDone);
    QVERIFY(*isDone);
    QFile saved{file};
    QVERIFY(saved.open(QIODevice::ReadOnly));
    QCOMPARE(saved.readAll(), QByteArray{"snapshot of nothing"});

    m_server->answers["/v1/sys/storage/raft/snapshot"] = {204, {}, {}, false};
    isDone.reset();
    m_client->upload(requests::snapshotRestore(false), file, {}, {this, [&](const ApiResult& r) { isDone = r.has_value(); }});
    QTRY_VERIFY(isDone);
    QVERIFY(*isDone);
    QFETCH(bool, isHttp);
    QCOMPARE(isHttp ? m_server->requests.last().body : m_fleet->at(u"a"_s).restored, QByteArray{"snapshot of nothing"});

    std::optional<core::ErrorCode> error;
    m_client->upload(requests::snapshotRestore(false), m_folder.filePath(u"missing"_s), {},
                     {this, [&](const ApiResult& r) { error = r.error().code; }});
    QTRY_VERIFY(error);
    QVERIFY(*error == core::ErrorCode::NotFound);
}

void TestClusterClient::httpMapsErrors_data()
{
    QTest::addColumn<int>("status");
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<core::ErrorCode>("code");
    QTest::addColumn<QString>("detail");
    using core::ErrorCode;
    QTest::newRow("bad request") << 400 << QByteArray{R"({"errors":["missing id"]})"} << ErrorCode::InvalidArgument << u"missing id"_s;
    QTest::newRow("nothing there") << 404 << QByteArray{R"({"errors":[]})"} << ErrorCode::NotFound << u"HTTP 404"_s;
    QTest::newRow("sealed") << 503 << QByteArray{R"({"errors":["Vault is sealed"]})"} << ErrorCode::Sealed << u"Vault is sealed"_s;
    QTest::newRow("catching up") << 503 << QByteArray{R"({"errors":["replication is still catching up"]})"} << ErrorCode::Unavailable
                                 << u"replication is still catching up"_s;
    QTest::newRow("too large") << 413 << QByteArray{R"({"errors":["http: request body too large"]})"} << ErrorCode::TooLarge
                               << u"http: request body too large"_s;
    QTest::newRow("broken") << 500 << QByteArray{"<html>"} << ErrorCode::Internal << u"HTTP 500"_s;
}

void TestClusterClient::httpMapsErrors()
{
    QFETCH(int, status);
    QFETCH(QByteArray, body);
    m_client = std::make_unique<HttpClusterClient>(HttpClusterClient::Options{QUrl{u"http://127.0.0.1:%1"_s.arg(m_server->serverPort())}, {}});
    m_server->answers["/v1/sys/mounts"] = {status, body, {}, false};
    const auto result = ask(requests::mounts());
    QVERIFY(!result);
    QFETCH(core::ErrorCode, code);
    QVERIFY(result.error().code == code);
    QTEST(QString::fromStdString(result.error().detail), "detail");
}

void TestClusterClient::httpTimesOut()
{
    m_client = std::make_unique<HttpClusterClient>(HttpClusterClient::Options{QUrl{u"http://127.0.0.1:%1"_s.arg(m_server->serverPort())}, {}});
    m_server->answers["/v1/sys/mounts"] = {200, {}, {}, true};
    auto request = requests::mounts();
    request.timeout = 100ms;
    const auto result = ask(request);
    QVERIFY(!result);
    QVERIFY(result.error().code == core::ErrorCode::Timeout);
}

void TestClusterClient::httpDropsHalfADownload()
{
    m_client = std::make_unique<HttpClusterClient>(HttpClusterClient::Options{QUrl{u"http://127.0.0.1:%1"_s.arg(m_server->serverPort())}, {}});
    m_server->answers["/v1/sys/storage/raft/snapshot"] = {403, R"({"errors":["permission denied"]})", {}, false};
    const QString file = m_folder.filePath(u"never.snap"_s);
    std::optional<core::ErrorCode> error;
    m_client->download(requests::snapshotSave(), file, {}, {this, [&](const ApiResult& r) { error = r.error().code; }});
    QTRY_VERIFY(error);
    QVERIFY(*error == core::ErrorCode::PermissionDenied);
    QVERIFY(!QFile::exists(file));
}

void TestClusterClient::httpRefusesWhatIsNoJson()
{
    m_client = std::make_unique<HttpClusterClient>(HttpClusterClient::Options{QUrl{u"http://127.0.0.1:%1"_s.arg(m_server->serverPort())}, {}});
    m_server->answers["/v1/sys/mounts"] = {200, "hello", {}, false};
    const auto result = ask(requests::mounts());
    QVERIFY(!result);
    QVERIFY(result.error().code == core::ErrorCode::Corrupt);
}

/// No answer of a hostile cluster costs more memory than its bound, because the client cuts it while it arrives. This holds for
/// every call, and for the refusal of a download. The bodies of downloads go to a file.
void TestClusterClient::httpCutsAReplyThatDoesNotEnd()
{
    m_client = std::make_unique<HttpClusterClient>(HttpClusterClient::Options{QUrl{u"http://127.0.0.1:%1"_s.arg(m_server->serverPort())}, {}});
    m_server->endless << "/v1/sys/replication/status";
    const auto result = ask(requests::replicationStatus());
    QVERIFY(!result);
    QVERIFY(result.error().code == core::ErrorCode::TooLarge);
    QVERIFY2(m_server->bytesSent < 64 << 20, qPrintable(QString::number(m_server->bytesSent)));
}

void TestClusterClient::httpListsByQuery()
{
    m_client = std::make_unique<HttpClusterClient>(HttpClusterClient::Options{QUrl{u"http://127.0.0.1:%1/"_s.arg(m_server->serverPort())}, {}});
    m_server->answers["/v1/sys/policies/acl"] = {200, R"({"data":{"keys":["default"]}})", {}, false};
    QVERIFY(ask(requests::policies()));
    QCOMPARE(m_server->requests.last().target, QByteArray{"/v1/sys/policies/acl?list=true"});
}

void TestClusterClient::commandsMatchTheRequests_data()
{
    QTest::addColumn<QString>("command");
    QTest::addColumn<QString>("expected");
    using namespace requests;
    const auto dr = ReplicationType::Dr;
    QTest::newRow("enable") << commandFor(enablePrimary(dr)) << u"holdfast write -f sys/replication/dr/primary/enable"_s;
    QTest::newRow("token") << commandFor(secondaryToken(dr, u"b"_s), u"https://a:8200"_s)
                           << u"holdfast write -address=https://a:8200 sys/replication/dr/primary/secondary-token id=b"_s;
    QTest::newRow("quoted") << commandFor(secondaryToken(dr, u"it's b"_s))
                            << u"holdfast write sys/replication/dr/primary/secondary-token 'id=it'\\''s b'"_s;
    const auto activation = core::SecretBytes::copyOf("eyJsecret"), drToken = core::SecretBytes::copyOf("hvs.secret");
    QTest::newRow("secret") << commandFor(enableSecondary(dr, {activation, {}, u"/ca.pem"_s}))
                            << u"holdfast write sys/replication/dr/secondary/enable ca_file=/ca.pem token=@token.txt"_s;
    QTest::newRow("dr token") << commandFor(promoteSecondary(dr, drToken, true))
                              << u"holdfast write sys/replication/dr/secondary/promote dr_operation_token=@dr-operation-token.txt force=true"_s;
    QTest::newRow("performance has none") << commandFor(promoteSecondary(ReplicationType::Performance, drToken, false))
                                          << u"holdfast write -f sys/replication/performance/secondary/promote"_s;
    QTest::newRow("share") << commandFor(operationTokenUpdate(u"secret"_s, u"n-1"_s)) << u"holdfast operator generate-root -dr-token -nonce=n-1 -"_s;
    QTest::newRow("save") << commandFor(snapshotSave(), {}, u"/tmp/a b.snap"_s) << u"holdfast operator raft snapshot save '/tmp/a b.snap'"_s;
    QTest::newRow("restore") << commandFor(snapshotRestore(true), {}, u"x.snap"_s) << u"holdfast operator raft snapshot restore -force x.snap"_s;
    QTest::newRow("seal status") << commandFor(sealStatus()) << u"holdfast status"_s;
    QTest::newRow("a command in an address") << commandFor(sealStatus(), u"https://a;id"_s) << u"holdfast status '-address=https://a;id'"_s;
    QTest::newRow("a command in a nonce") << commandFor(operationTokenUpdate(u"secret"_s, u"$(id)"_s))
                                          << u"holdfast operator generate-root -dr-token '-nonce=$(id)' -"_s;
    QTest::newRow("a command in a path") << commandFor(autoSnapshotRead(u"a b`id`"_s))
                                         << u"holdfast read 'sys/storage/raft/snapshot-auto/config/a b`id`'"_s;
    QTest::newRow("an end of line in an id") << commandFor(secondaryToken(dr, u"b'\nid"_s))
                                             << u"holdfast write sys/replication/dr/primary/secondary-token $'id=b\\'\\u000aid'"_s;
    QTest::newRow("a mark of direction") << commandFor(secondaryToken(dr, u"b\u202ec"_s))
                                         << u"holdfast write sys/replication/dr/primary/secondary-token $'id=b\\u202ec'"_s;
    QTest::newRow("list") << commandFor(policies()) << u"holdfast list sys/policies/acl"_s;
}

/// The command beside a step, and in a script, is quoted part by part, so that no name, path or address becomes a command. Line
/// ends and direction marks are written as escapes. The comments of scripts go through onOneLine().
void TestClusterClient::commandsMatchTheRequests()
{
    QFETCH(QString, command);
    QTEST(command, "expected");
}

void TestClusterClient::readsTheStatusOfTheSpecification()
{
    // The sample of a performance secondary; it also has numbers as strings.
    const auto object = QJsonDocument::fromJson(R"({"cluster_id":"00616ea0","connection_state":"ready","corrupted_merkle_tree":false,
        "known_primary_cluster_addrs":["https://127.0.0.1:65524"],"last_remote_wal":223,"merkle_root":"7b75","mode":"secondary",
        "primaries":[{"api_address":"https://127.0.0.1:65521","clock_skew_ms":"7","connection_status":"connected",
        "last_heartbeat":"2024-03-04T10:05:56-05:00","replication_primary_canary_age_ms":"660"}],"secondary_id":"cd04",
        "state":"merkle-sync","merkle_sync_progress":{"sync_progress":3,"sync_total_keys":9}})")
                            .object();
    const auto status = parseReplication(object, ReplicationType::Performance);
    QVERIFY(status.isSecondary());
    QCOMPARE(status.lastRemoteWal, 223);
    QCOMPARE(status.primaries.value(0).clockSkewMs, 7);
    QCOMPARE(status.primaries.value(0).canaryAgeMs, 660);
    QVERIFY(status.primaries.value(0).lastHeartbeat.isValid());
    QCOMPARE(status.syncDone, 3);
    QCOMPARE(status.syncTotal, 9);
    QCOMPARE(status.raw, object);
    QVERIFY(!parseReplication({{u"mode"_s, u"disabled"_s}}, ReplicationType::Dr).isEnabled());
}

QTEST_GUILESS_MAIN(TestClusterClient)
#include "tst_cluster_client.moc"
