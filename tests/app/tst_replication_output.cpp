#include "tests/app/command_fixture.h"

#include <QtTest>

/// What our own commands show to people: names and next steps, and nothing that only a program reads.
class TestReplicationOutput : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void aRefusalBySecondariesIsExplained_data();
    void aRefusalBySecondariesIsExplained();
    void linksSayWhatIsNotKnown();
    void everySeatHasAName();
    void nothingIsPrintedAsAMapOfGo_data();
    void nothingIsPrintedAsAMapOfGo();
    void revokingTellsWhatItHasDone();
};

namespace {

bool has(const std::string& text, const char* part)
{
    return text.find(part) != std::string::npos;
}

/// As one line with single blanks.
std::string flat(const std::string& text)
{
    return QString::fromStdString(text).simplified().toStdString();
}

} // namespace

/// The class: a refusal that is right, and does not say why it comes now. Here the tokens of a cluster that has become a secondary. It could occur
/// with every command. What holds: where sys/health says that the cluster is a secondary, the refusal says what its tokens are; a cluster that is none
/// explains nothing, and the question carries no token.
void TestReplicationOutput::aRefusalBySecondariesIsExplained_data()
{
    QTest::addColumn<QByteArray>("health");
    QTest::addColumn<int>("status");
    QTest::addColumn<QByteArray>("hint");
    QTest::newRow("performance secondary") << QByteArray{R"({"replication_performance_mode":"secondary","replication_dr_mode":"disabled"})"} << 200
                                           << QByteArray{"is a performance secondary"};
    QTest::newRow("DR secondary") << QByteArray{R"({"replication_performance_mode":"disabled","replication_dr_mode":"secondary"})"} << 200
                                  << QByteArray{"is a DR secondary"};
    QTest::newRow("primary") << QByteArray{R"({"replication_performance_mode":"primary","replication_dr_mode":"primary"})"} << 200 << QByteArray{};
    QTest::newRow("none") << QByteArray{R"({"replication_performance_mode":"disabled","replication_dr_mode":"disabled"})"} << 200 << QByteArray{};
    QTest::newRow("does not say") << QByteArray{R"({"errors":["no"]})"} << 404 << QByteArray{};
    QTest::newRow("no JSON") << QByteArray{"<html>"} << 200 << QByteArray{};
}

void TestReplicationOutput::aRefusalBySecondariesIsExplained()
{
    QFETCH(QByteArray, health);
    QFETCH(int, status);
    QFETCH(QByteArray, hint);
    const auto run = runCommand({"read", "secret/a"}, {{403, R"({"errors":["permission denied"]})"}, {status, health.toStdString()}});
    QCOMPARE(run.code, 2);
    QVERIFY(run.out.empty() && has(run.err, "permission denied"));
    QCOMPARE(has(run.err, "secondary"), !hint.isEmpty());
    QVERIFY(has(flat(run.err), hint.constData()));
    QCOMPARE(run.requests.size(), std::size_t{2});
    QVERIFY(run.requests[1].line.starts_with("GET /v1/sys/health") && !run.requests[1].headers.contains("x-vault-token"));
    // A DR secondary says itself what it is.
    const auto dr = runCommand({"read", "secret/a"}, {{400, R"({"errors":["path disabled in replication DR secondary mode"]})"}});
    QVERIFY(has(flat(dr.err), "takes no token but a DR operation token"));
    QCOMPARE(dr.requests.size(), std::size_t{1});
}

void TestReplicationOutput::linksSayWhatIsNotKnown()
{
    const auto run = runCommand({"replication", "links"}, {{200, R"({"data":{"contests":[],"links":[
        {"type":"dr","secondary_id":"far","other_end":{"cluster_name":"bern","api_address":"https://bern:8200"},"verdict":"healthy","behind":0,
         "is_behind_known":true,"is_connected":true,"lag_seconds":0.66,"horizon_seconds":null,"last_heartbeat_age_seconds":0.2},
        {"type":"dr","secondary_id":"old","other_end":{"cluster_name":"","cluster_address":"https://old:8201"},"verdict":"broken","behind":0,
         "is_behind_known":false,"is_connected":false,"lag_seconds":null,"horizon_seconds":3600,"last_heartbeat_age_seconds":185.3,
         "cause":"There is no connection.","next_step":"Start it."},
        {"type":"performance","secondary_id":"me","other_end":{"cluster_name":"oslo","api_address":"https://oslo:8200"},"verdict":"broken","behind":7,
         "is_behind_known":false,"is_connected":false,"lag_seconds":4000,"horizon_seconds":null,"last_heartbeat_age_seconds":3990,
         "cause":"There is no connection.","next_step":"Start it."}]}})"}});
    QCOMPARE(run.code, 0);
    const auto rows = QString::fromStdString(run.out).split('\n');
    QCOMPARE(rows.at(0).simplified(), QStringLiteral("Type Secondary Cluster Other end Verdict Behind Lag Horizon"));
    QCOMPARE(rows.at(2).simplified(), QStringLiteral("dr far bern https://bern:8200 healthy 0 0.66 s -"));
    QCOMPARE(rows.at(3).simplified(), QStringLiteral("dr old - https://old:8201 broken unknown unknown, last heard 3 min ago 3600 s"));
    QCOMPARE(rows.at(4).simplified(), QStringLiteral("performance me oslo https://oslo:8200 broken 7 or more 66 min -"));
}

void TestReplicationOutput::everySeatHasAName()
{
    const auto run = runCommand({"replication", "trust"}, {{200, R"({"data":{"set_id":"s","leader":{"cluster_name":"west"},"seats":[
        {"id":"","cluster_name":"west","leads":true,"member_key":"aa"},{"id":"","cluster_name":"north","leads":false,"member_key":"bb"},
        {"id":"oslo","cluster_name":"north-2","member_key":"cc"},{"id":"bern","cluster_name":"","member_key":"dd"},{"id":"","cluster_name":"","member_key":"ee"}],
        "contested":[]}})"}});
    QCOMPARE(run.code, 0);
    for (const auto* row : {"\nwest ", "\nnorth ", "\noslo (north-2) ", "\nbern ", "\nno id, goes by its member key "})
        QVERIFY2(has(run.out, row), run.out.c_str());
}

/// The class: an answer is printed by a printer that does not know its form. Here what is inside of an object or a list, which came out as Go prints
/// it. It could occur in each command that prints an answer as it is. What holds: our own commands print no such text.
void TestReplicationOutput::nothingIsPrintedAsAMapOfGo_data()
{
    QTest::addColumn<QByteArray>("line");
    QTest::addColumn<QByteArray>("has");
    QTest::newRow("revoke") << QByteArray{"replication revoke -compromised west"} << QByteArray{"Keys: root key, forest key"};
    QTest::newRow("switchover") << QByteArray{"replication switchover -status"} << QByteArray{"successor cluster_name"};
    QTest::newRow("epoch") << QByteArray{"replication epoch"} << QByteArray{"mounts 1 path"};
    QTest::newRow("inventory") << QByteArray{"replication inventory"} << QByteArray{"without_new_keys"};
}

void TestReplicationOutput::nothingIsPrintedAsAMapOfGo()
{
    QFETCH(QByteArray, line);
    QFETCH(QByteArray, has);
    const std::string answer =
        R"({"data":{"revoked":"west","successor":{"cluster_name":"west","at":{"epoch":4}},"without_new_keys":["far","near"],"nothing":null,
        "mounts":[{"path":"kv/","type":"kv"}],"known_to_it":{"mounts":[{"path":"kv/","type":"kv","local":false,"holds":"secrets"}],
        "keys":["root key","forest key"],"key_shares":"known","forwarded_requests":"in the log"}}})";
    const auto run = runCommand(wordsOf(line.toStdString()), {{200, answer}});
    QCOMPARE(run.code, 0);
    QVERIFY2(!::has(run.out, "map[") && !::has(run.out, "<nil>") && ::has(run.out, has.constData()), run.out.c_str());
}

void TestReplicationOutput::revokingTellsWhatItHasDone()
{
    auto run = runCommand({"replication", "revoke", "-type=dr", "standby"}, {{204, ""}});
    QCOMPARE(run.code, 0);
    QCOMPARE(run.requests.at(0).line, std::string{"PUT /v1/sys/replication/dr/primary/revoke-secondary"});
    QVERIFY(has(run.out, "Success! standby is revoked."));
    run = runCommand({"replication", "revoke", "nobody"},
                     {{200, R"({"data":null,"warnings":["nothing was revoked: no secondary has the id \"nobody\""]})"}});
    QCOMPARE(run.code, 2);
    QVERIFY(run.out.empty() && has(run.err, "nothing was revoked"));
    run = runCommand({"replication", "revoke", "-relay", "-compromised", "edge"}, {{204, ""}});
    QCOMPARE(run.requests.at(0).line, std::string{"PUT /v1/sys/replication/performance/secondary/relay/revoke-secondary"});
    QCOMPARE(run.requests.at(0).body, std::string{R"({"id":"edge","compromised":true})"});
    QCOMPARE(runCommand({"replication", "revoke", "-type=odd", "x"}, {}).code, 1);
}

QTEST_GUILESS_MAIN(TestReplicationOutput)
#include "tst_replication_output.moc"
