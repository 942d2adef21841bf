#include "tests/app/command_fixture.h"

#include <QDir>
#include <QFile>
#include <QtTest>

/// Each row is one command: the requests it must make, in order, what they are answered, and what must be printed.
class TestCommands : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void commandsAskAndPrint_data();
    void commandsAskAndPrint();
    void settingsReachTheRequest();
    void optionsGoBeforeTheEnvironment();
    void redirectsAreFollowedOnceWithTheBody();
    void retriesOnlyWhenTold();
    void loginKeepsTheTokenForLaterCommands();
    void loginWithPasswordAsksForIt();
    void dataComesFromFilesAndInput();
    void nobodyAnswers();

private:
    void row(const char* name, const char* line, Exchanges exchanges, int code, const char* out, const char* err = "");
    void dataRows();
    void statusRows();
};

void TestCommands::row(const char* name, const char* line, Exchanges exchanges, int code, const char* out, const char* err)
{
    QTest::newRow(name) << QByteArray{line} << exchanges << code << QByteArray{out} << QByteArray{err};
}

void TestCommands::dataRows()
{
    const std::string kv = R"({"request_id":"r1","lease_id":"","renewable":false,"lease_duration":2764800,"data":{"ttl":"30m","foo":"bar","big":1e100},"wrap_info":null,"warnings":null,"auth":null})";
    row("read, table", "read secret/a", {{"GET /v1/secret/a", "", 200, kv}}, 0,
        "Key                 Value\n---                 -----\nrefresh_interval    768h\nbig                 1e100\nfoo                 bar\n"
        "ttl                 30m\n");
    row("read, json", "read --format=json /secret/a/", {{"GET /v1/secret/a", "", 200, kv}}, 0,
        "{\n  \"request_id\": \"r1\",\n  \"lease_id\": \"\",\n  \"lease_duration\": 2764800,\n  \"renewable\": false,\n  \"data\": {\n"
        "    \"big\": 1e100,\n    \"foo\": \"bar\",\n    \"ttl\": \"30m\"\n  },\n  \"warnings\": null\n}\n");
    row("read, yaml", "read secret/a -format yaml", {{"GET /v1/secret/a", "", 200, kv}}, 0,
        "data:\n  big: 1e100\n  foo: bar\n  ttl: \"30m\"\nlease_duration: 2764800\nlease_id: \"\"\nrenewable: false\nrequest_id: r1\n"
        "warnings: null\n");
    row("read, one field", "read -field=foo secret/a", {{"GET /v1/secret/a", "", 200, kv}}, 0, "bar");
    row("read, no such field", "read -field=nope secret/a", {{"GET /v1/secret/a", "", 200, kv}}, 1, "", "Field \"nope\" not present in secret\n");
    row("read with a query", "read 'secret/a b' version=2 x=1&2", {{"GET /v1/secret/a%20b?version=2&x=1%262", "", 200, kv}}, 0,
        "Key                 Value\n---                 -----\nrefresh_interval    768h\nbig                 1e100\nfoo                 bar\n"
        "ttl                 30m\n");
    row("read, nothing there", "read secret/none", {{"GET /v1/secret/none", "", 404, R"({"errors":[]})"}}, 2, "", "No value found at secret/none\n");
    row("read, 404 that explains", "read nope/a", {{"GET /v1/nope/a", "", 404, R"({"errors":["no handler for route \"nope/a\". route entry not found."]})"}}, 2, "",
        "Error reading nope/a: Error making API request.\n\nURL: GET ADDR/v1/nope/a\nCode: 404. Errors:\n\n* no handler for route "
        "\"nope/a\". route entry not found.\n");
    row("read, flat answer", "read sys/health", {{"GET /v1/sys/health", "", 200, R"({"initialized":true})"}}, 0, "");
    row("read, no JSON comes back", "read secret/a", {{"GET /v1/secret/a", "", 502, "bad gateway\n"}}, 2, "",
        "Error reading secret/a: Error making API request.\n\nURL: GET ADDR/v1/secret/a\nCode: 502. Raw Message:\n\nbad gateway\n");
    row("read without a path", "read", {}, 1, "", "Not enough arguments (expected at least 1, got 0)\n");

    row("write", "write secret/a foo=bar n=5 empty=", {{"PUT /v1/secret/a", R"({"foo":"bar","n":"5","empty":""})", 204, ""}}, 0,
        "Success! Data written to: secret/a\n");
    row("write, repeated key", "write secret/a k=1 k=2 k=3", {{"PUT /v1/secret/a", R"({"k":["1","2","3"]})", 204, ""}}, 0,
        "Success! Data written to: secret/a\n");
    row("write, json, nothing comes back", "write -format=json secret/a k=1", {{"PUT /v1/secret/a", R"({"k":"1"})", 204, ""}}, 0, "");
    row("write without data", "write secret/a", {}, 1, "", "Must supply data or use -force\n");
    row("write, bad word", "write secret/a secretvalue", {}, 1, "", "Failed to parse K=V data: format must be key=value, but one word is not\n");
    row("write, refused", "write secret/a k=1", {{"PUT /v1/secret/a", R"({"k":"1"})", 403, R"({"errors":["1 error occurred:\n\t* permission denied\n\n"]})"}}, 2, "",
        "Error writing data to secret/a: Error making API request.\n\nURL: PUT ADDR/v1/secret/a\nCode: 403. Errors:\n\n* 1 error "
        "occurred:\n\t* permission denied\n\n\n");
    row("write -f with a warning", "write -f sys/replication/dr/primary/enable",
        {{"PUT /v1/sys/replication/dr/primary/enable", "null", 200,
          R"({"request_id":"r","lease_id":"","renewable":false,"lease_duration":0,"data":null,"wrap_info":null,"warnings":["This cluster is being enabled as a primary for replication. Vault will be unavailable for a brief period and will resume service shortly."],"auth":null})"}},
        0, "",
        "WARNING! The following warnings were returned from Vault:\n\n"
        "  * This cluster is being enabled as a primary for replication. Vault will be\n"
        "  unavailable for a brief period and will resume service shortly.\n\n");
    row("write, wrapped answer", "write sys/replication/dr/primary/secondary-token id=dr-secondary",
        {{"PUT /v1/sys/replication/dr/primary/secondary-token", R"({"id":"dr-secondary"})", 200,
          R"({"request_id":"","lease_id":"","renewable":false,"lease_duration":0,"data":null,"warnings":null,"auth":null,"wrap_info":{"token":"eyJ","accessor":"acc","ttl":1800,"creation_time":"2022-07-08T11:27:38.660697-07:00","creation_path":"sys/replication/dr/primary/secondary-token","wrapped_accessor":""}})"}},
        0,
        "Key                              Value\n---                              -----\n"
        "wrapping_token:                  eyJ\nwrapping_accessor:               acc\nwrapping_token_ttl:              30m\n"
        "wrapping_token_creation_time:    2022-07-08T11:27:38.660697-07:00\n"
        "wrapping_token_creation_path:    sys/replication/dr/primary/secondary-token\n");
    row("write, the wrapping token alone", "write -field=wrapping_token sys/replication/dr/primary/secondary-token id=x",
        {{"PUT /v1/sys/replication/dr/primary/secondary-token", R"({"id":"x"})", 200, R"({"wrap_info":{"token":"eyJ","ttl":1800}})"}}, 0, "eyJ");
    row("write as curl", "write -output-curl-string secret/a 'k=it'", {}, 0,
        "curl -X PUT -H 'X-Vault-Request: true' -H \"X-Vault-Token: $(holdfast print token)\" -d '{\"k\":\"it\"}' 'ADDR/v1/secret/a'\n");

    row("list", "list secret", {{"GET /v1/secret?list=true", "", 200, R"({"data":{"keys":["b","a/"]}})"}}, 0, "Keys\n----\na/\nb\n");
    row("list, json", "list -format=json secret/", {{"GET /v1/secret?list=true", "", 200, R"({"data":{"keys":["b","a/"]}})"}}, 0,
        "[\n  \"b\",\n  \"a/\"\n]\n");
    row("list, nothing there", "list secret", {{"GET /v1/secret?list=true", "", 404, R"({"errors":[]})"}}, 2, "", "No value found at secret/\n");
    row("list, nothing there, json", "list -format=json secret", {{"GET /v1/secret?list=true", "", 404, R"({"errors":[]})"}}, 2, "{}\n");
    row("delete", "delete secret/a", {{"DELETE /v1/secret/a", "", 204, ""}}, 0, "Success! Data deleted (if it existed) at: secret/a\n");
    row("delete with a query", "delete secret/a k=1", {{"DELETE /v1/secret/a?k=1", "", 204, ""}}, 0, "Success! Data deleted (if it existed) at: secret/a\n");
    row("path-help", "path-help secret", {{"GET /v1/secret?help=1", "", 200, R"({"help":"## DESCRIPTION","see_also":null})"}}, 0, "## DESCRIPTION\n");
    row("a slip of the finger", "raed x", {}, 1, "", "There is no command \"holdfast raed\". Did you mean \"holdfast read\"?\n\"holdfast -h\" lists the commands.\n");
    row("print token", "print token", {}, 0, "hvs.test\n");
}

void TestCommands::statusRows()
{
    const std::string unsealed = R"({"type":"shamir","initialized":true,"sealed":false,"t":3,"n":5,"progress":0,"nonce":"","version":"0.1.0","build_date":"2026-01-01T00:00:00Z","migration":false,"cluster_name":"c","cluster_id":"id","recovery_seal":false,"storage_type":"leveldb"})";
    row("status, unsealed", "status",
        {{"GET /v1/sys/seal-status", "", 200, unsealed},
         {"GET /v1/sys/leader", "", 200, R"({"ha_enabled":true,"is_self":true,"active_time":"2026-01-02T03:04:05Z","leader_address":"http://a","leader_cluster_address":"https://a:8201","last_wal":7})"}},
        0,
        "Key             Value\n---             -----\nSeal Type       shamir\nInitialized     true\nSealed          false\n"
        "Total Shares    5\nThreshold       3\nVersion         0.1.0\nBuild Date      2026-01-01T00:00:00Z\n"
        "Storage Type    leveldb\nCluster Name    c\nCluster ID      id\nHA Enabled      true\n"
        "HA Cluster      https://a:8201\nHA Mode         active\nActive Since    2026-01-02T03:04:05Z\nLast WAL        7\n");
    row("status, sealed", "status",
        {{"GET /v1/sys/seal-status", "", 200, R"({"type":"shamir","initialized":true,"sealed":true,"t":3,"n":5,"progress":1,"nonce":"abc","version":"v","storage_type":"s"})"},
         {"GET /v1/sys/leader", "", 503, R"({"errors":["Vault is sealed"]})"}},
        2,
        "Key                Value\n---                -----\nSeal Type          shamir\nInitialized        true\n"
        "Sealed             true\nTotal Shares       5\nThreshold          3\nUnseal Progress    1/3\nUnseal Nonce       abc\n"
        "Version            v\nStorage Type       s\nHA Enabled         true\n");
    row("status, error", "status", {{"GET /v1/sys/seal-status", "", 500, R"({"errors":["internal error"]})"}}, 1, "",
        "Error checking seal status: Error making API request.\n\nURL: GET ADDR/v1/sys/seal-status\nCode: 500. Errors:\n\n* internal error\n");
    row("version", "version", {}, 0, "Holdfast v" HOLDFAST_VERSION "\n");
}

void TestCommands::commandsAskAndPrint_data()
{
    QTest::addColumn<QByteArray>("line");
    QTest::addColumn<Exchanges>("exchanges");
    QTest::addColumn<int>("code");
    QTest::addColumn<QByteArray>("out");
    QTest::addColumn<QByteArray>("err");
    dataRows();
    statusRows();
}

void TestCommands::commandsAskAndPrint()
{
    QFETCH(QByteArray, line);
    QFETCH(Exchanges, exchanges);
    QFETCH(int, code);
    QFETCH(QByteArray, out);
    QFETCH(QByteArray, err);
    std::vector<ScriptedServer::Answer> answers;
    for (const auto& exchange : exchanges) answers.push_back({exchange.status, exchange.answer});
    const auto run = runCommand(wordsOf(line.toStdString()), answers);
    QCOMPARE(QByteArray::fromStdString(run.err), err);
    QCOMPARE(QByteArray::fromStdString(run.out), out);
    QCOMPARE(run.code, code);
    QCOMPARE(run.requests.size(), exchanges.size());
    for (std::size_t at = 0; at < exchanges.size(); ++at) {
        QCOMPARE(QByteArray::fromStdString(run.requests[at].line), QByteArray::fromStdString(exchanges[at].request));
        QCOMPARE(QByteArray::fromStdString(run.requests[at].body), QByteArray::fromStdString(exchanges[at].requestBody));
        QCOMPARE(run.requests[at].headers.at("x-vault-request"), std::string{"true"});
        QVERIFY(!run.requests[at].headers.contains("content-type"));
    }
}

void TestCommands::settingsReachTheRequest()
{
    CommandSetting setting;
    setting.environment["VAULT_NAMESPACE"] = "team";
    setting.environment["VAULT_WRAP_TTL"] = "5m";
    setting.environment["VAULT_FORMAT"] = "json";
    const auto run = runCommand({"read", "-header=X-Extra=1", "a"}, {{200, R"({"data":{"x":1}})"}}, setting);
    QCOMPARE(run.code, 0);
    const auto& headers = run.requests.at(0).headers;
    QCOMPARE(headers.at("x-vault-token"), std::string{"hvs.test"});
    QCOMPARE(headers.at("x-vault-namespace"), std::string{"team"});
    QCOMPARE(headers.at("x-vault-wrap-ttl"), std::string{"5m0s"});
    QCOMPARE(headers.at("x-extra"), std::string{"1"});
    QVERIFY(run.out.starts_with("{"));
}

void TestCommands::optionsGoBeforeTheEnvironment()
{
    ScriptedServer server{{{200, R"({"data":{"x":1}})"}}};
    CommandSetting setting;
    setting.environment["VAULT_ADDR"] = "http://127.0.0.1:1";
    setting.environment["VAULT_FORMAT"] = "json";
    setting.environment["VAULT_WRAP_TTL"] = "5m";
    const auto run = runCommand({"read", "-address=" + server.url() + "/", "-format=table", "-wrap-ttl=90", "a"}, {}, setting);
    QCOMPARE(QByteArray::fromStdString(run.err), QByteArray{});
    QCOMPARE(QByteArray::fromStdString(run.out), QByteArray{"Key    Value\n---    -----\nx      1\n"});
    QCOMPARE(server.requests().at(0).line, std::string{"GET /v1/a"});
    QCOMPARE(server.requests().at(0).headers.at("x-vault-wrap-ttl"), std::string{"1m30s"});
}

void TestCommands::redirectsAreFollowedOnceWithTheBody()
{
    ScriptedServer active{{{204, ""}}};
    const auto run = runCommand({"write", "a", "k=v"}, {{307, "", "Location: " + active.url() + "/v1/a\r\n"}});
    QCOMPARE(run.code, 0);
    QCOMPARE(active.requests().at(0).line, std::string{"PUT /v1/a"});
    QCOMPARE(active.requests().at(0).body, std::string{R"({"k":"v"})"});
    QCOMPARE(active.requests().at(0).headers.at("x-vault-token"), std::string{"hvs.test"});

    const auto twice = runCommand({"read", "a"}, {{307, "", "Location: /v1/b\r\n"}, {307, "", "Location: /v1/c\r\n"}});
    QCOMPARE(twice.requests.size(), std::size_t{2});
}

void TestCommands::retriesOnlyWhenTold()
{
    const std::vector<ScriptedServer::Answer> answers{{500, R"({"errors":["local node not active"]})"}, {200, R"({"data":{"x":1}})"}};
    QCOMPARE(runCommand({"read", "a"}, answers).code, 2);
    CommandSetting setting;
    setting.environment["VAULT_MAX_RETRIES"] = "1";
    const auto run = runCommand({"read", "a"}, answers, setting);
    QCOMPARE(run.code, 0);
    QCOMPARE(run.requests.size(), std::size_t{2});
    const auto missing = runCommand({"read", "a"}, {{501, R"({"errors":[]})"}, {200, "{}"}}, setting);
    QCOMPARE(missing.requests.size(), std::size_t{1});
}

void TestCommands::loginKeepsTheTokenForLaterCommands()
{
    const QTemporaryDir home;
    CommandSetting setting{.environment = {}, .in = "hvs.fromInput\n", .home = home.path()};
    const std::string self = R"({"data":{"id":"hvs.fromInput","accessor":"acc","policies":["root"],"ttl":0,"renewable":false,"meta":null,"identity_policies":null}})";
    const auto run = runCommand({"login", "-"}, {{200, self}}, setting);
    QCOMPARE(QByteArray::fromStdString(run.err), QByteArray{});
    QCOMPARE(run.code, 0);
    QCOMPARE(run.requests.at(0).line, std::string{"GET /v1/auth/token/lookup-self"});
    QCOMPARE(run.requests.at(0).headers.at("x-vault-token"), std::string{"hvs.fromInput"});
    QVERIFY(run.out.starts_with("Success! You are now authenticated."));
    QVERIFY2(run.out.ends_with("Key                  Value\n---                  -----\ntoken                hvs.fromInput\n"
                               "token_accessor       acc\ntoken_duration       ∞\ntoken_renewable      false\n"
                               "token_policies       [\"root\"]\nidentity_policies    []\npolicies             [\"root\"]\n"),
             run.out.c_str());

    QFile file{home.filePath(".vault-token")};
    QVERIFY(file.open(QIODevice::ReadOnly));
    QCOMPARE(file.readAll(), QByteArray{"hvs.fromInput"});
    QCOMPARE(file.permissions() & (QFile::ReadGroup | QFile::WriteGroup | QFile::ReadOther | QFile::WriteOther), QFile::Permissions{});
    QCOMPARE(QDir{home.path()}.entryList(QDir::Files | QDir::Hidden), QStringList{".vault-token"}); // no draft stays behind

    const auto later = runCommand({"read", "a"}, {{200, R"({"data":{"x":1}})"}}, setting);
    QCOMPARE(later.requests.at(0).headers.at("x-vault-token"), std::string{"hvs.fromInput"});

    const auto refused = runCommand({"login", "other"}, {{403, R"({"errors":["permission denied"]})"}}, setting);
    QCOMPARE(refused.code, 2);
    QCOMPARE(runCommand({"print", "token"}, {}, setting).out, std::string{"hvs.fromInput\n"});
}

void TestCommands::loginWithPasswordAsksForIt()
{
    const QTemporaryDir home;
    CommandSetting setting{.answerToQuestion = "pass word", .home = home.path()};
    const auto run = runCommand({"login", "-method=userpass", "-no-store", "username=ann"},
                                {{200, R"({"auth":{"client_token":"hvs.new","accessor":"a","lease_duration":60,"renewable":true,"policies":["default"],"token_policies":["default"],"metadata":{"username":"ann"}}})"}},
                                setting);
    QCOMPARE(run.code, 0);
    QCOMPARE(run.requests.at(0).line, std::string{"PUT /v1/auth/userpass/login/ann"});
    QCOMPARE(run.requests.at(0).body, std::string{R"({"password":"pass word"})"});
    QVERIFY(!run.requests.at(0).headers.contains("x-vault-token"));
    QVERIFY(run.out.find("token_meta_username    ann\n") != std::string::npos);
    QVERIFY(run.err.starts_with("The token was not stored"));
    QVERIFY(!QFile::exists(home.filePath(".vault-token")));

    const auto bare = runCommand({"login", "-method=userpass", "-token-only", "-path=people", "username=ann", "password=x"},
                                 {{200, R"({"auth":{"client_token":"hvs.new"}})"}}, setting);
    QCOMPARE(bare.requests.at(0).line, std::string{"PUT /v1/auth/people/login/ann"});
    QCOMPARE(bare.out, std::string{"hvs.new"});
    QCOMPARE(bare.err, std::string{});
}

void TestCommands::dataComesFromFilesAndInput()
{
    const QTemporaryDir folder;
    const auto put = [&](const char* name, const char* text) {
        QFile file{folder.filePath(name)};
        if (file.open(QIODevice::WriteOnly)) file.write(text);
        return file.fileName().toStdString();
    };
    const auto text = put("text", "line\n\"quoted\"\n");
    const auto json = put("json", R"({"n":1e100,"list":[1,2]})");
    const CommandSetting setting{.in = "from input\n"};
    auto run = runCommand({"write", "a", "file=@" + text, "in=-", "literal=\\@x"}, {{204, ""}}, setting);
    QCOMPARE(run.requests.at(0).body, std::string{R"({"file":"line\n\"quoted\"\n","in":"from input\n","literal":"@x"})"});
    run = runCommand({"write", "a", "@" + json, "k=v"}, {{204, ""}});
    QCOMPARE(run.requests.at(0).body, std::string{R"({"n":1e100,"list":[1,2],"k":"v"})"});
    run = runCommand({"write", "a", "-"}, {{204, ""}}, {.in = R"({"big":18446744073709551616})"});
    QCOMPARE(run.requests.at(0).body, std::string{R"({"big":18446744073709551616})"});
    run = runCommand({"write", "a", "-"}, {}, {.in = "[1]"});
    QCOMPARE(run.code, 1);
    run = runCommand({"write", "a", "x=-", "y=-"}, {}, setting);
    QCOMPARE(run.err, std::string{"Failed to parse K=V data: stdin can only be used once\n"});
    run = runCommand({"write", "a", "x=@/nonexistent"}, {});
    QCOMPARE(run.err, std::string{"Failed to parse K=V data: error reading file: open /nonexistent: No such file or directory\n"});
}

void TestCommands::nobodyAnswers()
{
    CommandSetting setting;
    setting.environment["VAULT_ADDR"] = "http://127.0.0.1:1";
    const auto run = runCommand({"read", "a"}, {}, setting);
    QCOMPARE(run.code, 2);
    QVERIFY2(run.err.starts_with("Error reading a: Get \"http://127.0.0.1:1/v1/a\": connection refused"), run.err.c_str());
    QCOMPARE(runCommand({"status"}, {}, setting).code, 1);
    setting.environment["VAULT_ADDR"] = "127.0.0.1:8200";
    QCOMPARE(runCommand({"read", "a"}, {}, setting).code, 1);
}

QTEST_GUILESS_MAIN(TestCommands)
#include "tst_commands.moc"
