#include "tests/app/command_fixture.h"

#include <QFile>
#include <QSet>
#include <QtTest>

/// The class: a command ends with another code than Vault's, so a script takes a failure for a success, or the other way round. The codes: 0 done, 1
/// wrong use or a file that cannot be read, 2 refused, not found or no answer. It could occur in each command. What holds: every command has a row
/// here, and a new command without a row fails this test.
class TestExitCodes : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void everyCommandHasARow();
    void whatIsRefused_data() { rows(); }
    void whatIsRefused();
    void whenNobodyAnswers_data() { rows(); }
    void whenNobodyAnswers();
    void wrongUse_data() { rows(); }
    void wrongUse();
    void otherEnds_data();
    void otherEnds();

private:
    static void rows();
};

namespace {

struct Row {
    const char* command;
    const char* arguments; // of a correct call
    int refused = 2;       // if the server answers 403 to everything
    int unanswered = 2;    // without a server
};

// Both are 0 or 1 if the command calls no server, or if 2 has another meaning, as for `status`.
constexpr Row kRows[] = {
    {"audit disable", "file"},
    {"audit enable", "file file_path=/x"},
    {"audit list", ""},
    {"auth disable", "userpass"},
    {"auth enable", "userpass"},
    {"auth help", "mine"}, // a path; it knows the types of methods without a server
    {"auth list", ""},
    {"auth move", "a b"},
    {"auth tune", "userpass"},
    {"completion", "bash", 0, 0},
    {"debug", "-duration=0s -output=NEW"},
    {"delete", "a"},
    {"kv delete", "secret/a"},
    {"kv destroy", "-versions=1 secret/a"},
    {"kv enable-versioning", "secret"},
    {"kv get", "secret/a"},
    {"kv list", "secret/a"},
    {"kv metadata delete", "secret/a"},
    {"kv metadata get", "secret/a"},
    {"kv metadata patch", "-max-versions=1 secret/a"},
    {"kv metadata put", "-max-versions=1 secret/a"},
    {"kv patch", "secret/a b=c"},
    {"kv put", "secret/a b=c"},
    {"kv rollback", "-version=1 secret/a"},
    {"kv undelete", "-versions=1 secret/a"},
    {"lease lookup", "a/b"},
    {"lease renew", "a/b"},
    {"lease revoke", "a/b"},
    {"list", "a"},
    {"login", "hvs.x"},
    {"monitor", "", 1, 1}, // as in Vault
    {"namespace list", ""},
    {"operator generate-root", "-init"},
    {"operator init", ""},
    {"operator key-status", ""},
    {"operator members", ""},
    {"operator raft autopilot get-config", ""},
    {"operator raft autopilot set-config", "-max-trailing-logs=1"},
    {"operator raft autopilot state", ""},
    {"operator raft join", "https://other:8200"},
    {"operator raft list-peers", ""},
    {"operator raft remove-peer", "n1"},
    {"operator raft snapshot diff", "FILE"},
    {"operator raft snapshot inspect", "-contents FILE"},
    {"operator raft snapshot restore", "FILE"},
    {"operator raft snapshot save", "NEW"},
    {"operator raft snapshot verify", "FILE"},
    {"operator rekey", "-init"},
    {"operator rotate", ""},
    {"operator seal", ""},
    {"operator step-down", ""},
    {"operator unseal", "KEY"},
    {"operator usage", ""},
    {"patch", "a b=c"},
    {"path-help", "a"},
    {"plugin info", "secret kv"},
    {"plugin list", ""},
    {"policy delete", "p"},
    {"policy fmt", "POLICY", 0, 0},
    {"policy list", ""},
    {"policy read", "p"},
    {"policy write", "p POLICY"},
    {"print token", "", 0, 0},
    {"read", "a"},
    {"replication check", ""},
    {"replication drill", "-dr-token=t"},
    {"replication epoch", ""},
    {"replication filter delete", "west"},
    {"replication filter set", "west allow kv"},
    {"replication filter show", "west"},
    {"replication inventory", ""},
    {"replication links", ""},
    {"replication preflight", "https://other:8201"},
    {"replication preview", ""},
    {"replication readiness", ""},
    {"replication recover-primary", ""},
    {"replication refuse-successor", "-init"},
    {"replication reindex", ""},
    {"replication resume-primary", "-init"},
    {"replication revoke", "west"},
    {"replication safety-snapshot delete", "x"},
    {"replication safety-snapshot list", ""},
    {"replication safety-snapshot restore", "x"},
    {"replication salvage", ""},
    {"replication scrub", ""},
    {"replication scrub cancel", ""},
    {"replication scrub status", ""},
    {"replication switchover", "west"},
    {"replication trust", ""},
    {"replication trust choose", "5f1c09d2"},
    {"replication where", "kv/a"},
    {"secrets disable", "kv"},
    {"secrets enable", "kv"},
    {"secrets list", ""},
    {"secrets move", "a b"},
    {"secrets tune", "kv"},
    {"status", "", 1, 1}, // 2 means sealed
    {"token capabilities", "a"},
    {"token create", ""},
    {"token lookup", ""},
    {"token renew", ""},
    {"token revoke", "-self"},
    {"topology", ""},
    {"unwrap", "hvs.w"},
    {"version", "", 0, 0},
    {"version-history", ""},
    {"wrapping lookup", "hvs.w"},
    {"wrapping rewrap", "hvs.w"},
    {"wrapping wrap", "a=b"},
    {"write", "a b=c"},
};

/// Files for arguments: one exists, one does not exist yet.
struct Files {
    QTemporaryDir folder;
    Files()
    {
        for (const auto& [name, text] : {std::pair{"file", "no snapshot"}, std::pair{"policy", "path \"a\" { capabilities = [\"read\"] }\n"}}) {
            QFile file{folder.filePath(QString::fromUtf8(name))};
            if (!file.open(QIODevice::WriteOnly)) qFatal("a file");
            file.write(text);
        }
    }
    std::string in(QByteArray line) const
    {
        line.replace("FILE", folder.filePath(QStringLiteral("file")).toUtf8());
        line.replace("NEW", folder.filePath(QStringLiteral("new")).toUtf8());
        line.replace("POLICY", folder.filePath(QStringLiteral("policy")).toUtf8());
        return line.toStdString();
    }
};

} // namespace

void TestExitCodes::rows()
{
    QTest::addColumn<QByteArray>("command");
    QTest::addColumn<QByteArray>("arguments");
    QTest::addColumn<int>("refused");
    QTest::addColumn<int>("unanswered");
    for (const auto& row : kRows) QTest::newRow(row.command) << QByteArray{row.command} << QByteArray{row.arguments} << row.refused << row.unanswered;
}

void TestExitCodes::everyCommandHasARow()
{
    QSet<QByteArray> listed;
    for (const auto& row : kRows) listed.insert(row.command);
    for (const auto name : cli::commandNames()) {
        const QByteArray known{name.data(), qsizetype(name.size())};
        QVERIFY2(listed.remove(known), known);
    }
    QVERIFY2(listed.isEmpty(), listed.isEmpty() ? "" : listed.begin()->constData());
}

void TestExitCodes::whatIsRefused()
{
    QFETCH(QByteArray, command);
    QFETCH(QByteArray, arguments);
    QFETCH(int, refused);
    const Files files;
    const std::vector<ScriptedServer::Answer> answers(8, {403, R"({"errors":["permission denied"]})"});
    const auto run = runCommand(wordsOf(files.in(command + ' ' + arguments)), answers);
    QVERIFY2(run.code == refused, qPrintable(QString::number(run.code) + ": " + QString::fromStdString(run.out + run.err)));
    QVERIFY(refused == 0 || (run.out + run.err).find("permission denied") != std::string::npos);
}

void TestExitCodes::whenNobodyAnswers()
{
    QFETCH(QByteArray, command);
    QFETCH(QByteArray, arguments);
    QFETCH(int, unanswered);
    const Files files;
    CommandSetting setting;
    setting.environment["VAULT_ADDR"] = "http://127.0.0.1:1";
    const auto run = runCommand(wordsOf(files.in(command + ' ' + arguments)), {}, setting);
    QVERIFY2(run.code == unanswered, qPrintable(QString::number(run.code) + ": " + QString::fromStdString(run.out + run.err)));
}

void TestExitCodes::wrongUse()
{
    QFETCH(QByteArray, command);
    QFETCH(QByteArray, arguments);
    const Files files;
    const auto ends = [&](const QByteArray& line, int code, const char* text) {
        const auto run = runCommand(wordsOf(files.in(line)), {});
        const bool isRight = run.code == code && run.requests.empty() && run.err.find(text) != std::string::npos && run.out.empty();
        if (!isRight) qWarning("%s: %d %s", line.constData(), run.code, run.err.c_str());
        return isRight;
    };
    QVERIFY(ends(command + " -no-such-flag " + arguments, 1, "flag provided but not defined: -no-such-flag"));
    QVERIFY(ends(command + " -format=odd " + arguments, 1, "Invalid output format: odd"));
    if (command != "read") QVERIFY(ends(command + " -format=raw " + arguments, 1, "does not support the -format=raw option"));
    if (command != "operator raft autopilot state") QVERIFY(ends(command + " -format=pretty " + arguments, 1, "cannot use the pretty formatter"));
    QVERIFY(ends(command + " -address=host:1 " + arguments, command == "status" ? 1 : 2, "Bad address") ||
            QSet<QByteArray>({"version", "policy fmt", "completion"}).contains(command));
    // One argument fewer than the command needs, if it needs one.
    const QSet<QByteArray> needsNone{"kv list",           "login", "operator generate-root", "operator raft join", "operator unseal",
                                     "replication where", "unwrap"};
    const bool hasWords = std::ranges::any_of(wordsOf(arguments.toStdString()), [](const auto& word) { return !word.starts_with('-'); });
    if (hasWords && !needsNone.contains(command)) QVERIFY(ends(command, 1, ""));
}

void TestExitCodes::otherEnds_data()
{
    QTest::addColumn<QByteArray>("line");
    QTest::addColumn<Exchanges>("exchanges");
    QTest::addColumn<int>("code");
    const auto row = [](const char* name, const char* line, Exchanges exchanges, int code) {
        QTest::newRow(name) << QByteArray{line} << exchanges << code;
    };
    const Exchange nothing{"", "", 404, R"({"errors":[]})"};
    const Exchange mounts{"", "", 200, R"({"data":{"path":"secret/","type":"kv","options":{"version":"2"}}})"};
    row("no command", "", {}, 127);
    row("unknown command", "nonesuch", {}, 127);
    row("unknown subcommand", "kv nonesuch", {}, 1);
    row("group alone", "kv", {}, 1);
    row("help of a group", "kv -h", {}, 0);
    row("help of a command", "kv get -h", {}, 0);
    row("read, nothing there", "read a", {nothing}, 2);
    row("list, nothing there", "list a", {nothing}, 2);
    row("list, nothing there, json", "list -format=json a", {nothing}, 2);
    row("kv get, nothing there", "kv get secret/a", {mounts, nothing}, 2);
    row("kv list, nothing there", "kv list secret/a", {mounts, nothing}, 2);
    row("policy read, nothing there", "policy read p", {nothing}, 2);
    row("audit list, none", "audit list", {{"", "", 200, R"({"data":{}})"}}, 2);
    row("status, sealed", "status",
        {{"", "", 200, R"({"initialized":true,"sealed":true,"t":1,"n":1})"}, {"", "", 503, R"({"errors":["Vault is sealed"]})"}}, 2);
    row("init -status, done", "operator init -status", {{"", "", 200, R"({"initialized":true})"}}, 0);
    row("init -status, not done", "operator init -status", {{"", "", 200, R"({"initialized":false})"}}, 2);
    row("init -status, refused", "operator init -status", {{"", "", 403, R"({"errors":["permission denied"]})"}, {"", "", 200, "{}"}}, 1);
    row("policy write, no file", "policy write p /no/such/file", {}, 2);
    row("policy fmt, no file", "policy fmt /no/such/file", {}, 1);
    row("restore, no file", "operator raft snapshot restore /no/such/file", {}, 2);
    row("inspect, no file", "operator raft snapshot inspect /no/such/file", {}, 1);
    row("save, no folder", "operator raft snapshot save /no/such/folder/file", {}, 2);
    row("generate-root, none in progress", "operator generate-root -nonce=n KEY", {{"", "", 200, R"({"started":false,"otp_length":28})"}}, 1);
    row("generate-root, no base64", "operator generate-root -decode=! -otp=x", {}, 1);
    row("login, unknown method", "login -method=nonesuch", {}, 1);
    row("lease revoke, force without prefix", "lease revoke -force a", {}, 1);
    row("no field", "read -field=none a", {{"", "", 200, R"({"data":{"a":"b"}})"}}, 1);
    row("kv patch, version 1", "kv patch secret/a b=c", {{"", "", 200, R"({"data":{"path":"secret/","type":"kv","options":null}})"}}, 2);
    row("kv patch, unknown method", "kv patch -method=odd secret/a b=c", {mounts}, 2);
    row("kv metadata get, version 1", "kv metadata get secret/a", {{"", "", 200, R"({"data":{"path":"secret/","type":"kv","options":null}})"}}, 1);
    row("monitor, unknown level", "monitor -log-level=odd", {}, 1);
    row("unwrap, nothing inside", "unwrap hvs.w", {{"", "", 204, ""}}, 0);
}

void TestExitCodes::otherEnds()
{
    QFETCH(QByteArray, line);
    QFETCH(Exchanges, exchanges);
    QFETCH(int, code);
    std::vector<ScriptedServer::Answer> answers;
    for (const auto& exchange : exchanges) answers.push_back({exchange.status, exchange.answer});
    const auto run = runCommand(wordsOf(line.toStdString()), answers);
    QVERIFY2(run.code == code, qPrintable(QString::number(run.code) + ": " + QString::fromStdString(run.out + run.err)));
    QCOMPARE(run.requests.size(), exchanges.size());
}

QTEST_GUILESS_MAIN(TestExitCodes)
#include "tst_exit_codes.moc"
