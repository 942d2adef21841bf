#include "app/holdfast/text/json.h"
#include "tests/app/command_fixture.h"

#include <QFile>
#include <QSet>
#include <QtTest>

/// The class: a program asks for JSON and is given a sentence, or nothing. Here our own commands, of which each prints by itself. It could occur in
/// each command, and in each of its modes. What holds: after each such command, with -format=json its standard output is one JSON
/// value; so it is where there was nothing to read. A call that the server refuses may print nothing there.
class TestJsonOutput : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void everyCommandOfOursHasARow();
    void standardOutputIsJson_data();
    void standardOutputIsJson();
};

namespace {

using Answers = std::vector<ScriptedServer::Answer>;

struct Row {
    const char* command;
    const char* arguments;
    Answers answers;
};

const ScriptedServer::Answer kNothing{204, ""};
const ScriptedServer::Answer kNotThere{404, R"({"errors":[]})"};

ScriptedServer::Answer data(const std::string& text)
{
    return {200, R"({"data":)" + text + R"(,"warnings":["mind the gap"]})"};
}

const std::vector<Row>& rows()
{
    static const ScriptedServer::Answer attempt = data(R"({"started":true,"nonce":"n","progress":1,"required":2,"complete":false})");
    static const ScriptedServer::Answer idle = data(R"({"in_progress":false,"last":{"outcome":"done","report":{"keys":3}}})");
    static const ScriptedServer::Answer status = data(R"({"dr":{"mode":"secondary"},"performance":{"mode":"disabled"}})");
    static const std::vector<Row> all{
        {"operator raft snapshot diff", "FILE", {data(R"({"differs":false})")}},
        {"operator raft snapshot diff", "FILE", {data(R"({"differs":true,"entries":[],"summary":{}})")}},
        {"operator raft snapshot inspect", "-contents FILE", {data(R"({"id":"x","contents":null})")}},
        {"operator raft snapshot verify", "FILE", {data(R"({"key_count":3})")}},
        {"replication check", "", {data(R"({"merkle_corruption_report":{"corrupted_tree_map":{}}})")}},
        {"replication drill", "-dr-token=t", {data(R"({"id":"1"})"), data(R"({"id":"1","state":"succeeded","steps":[]})")}},
        {"replication drill", "-status", {data(R"({"id":"1","state":"failed","steps":[]})")}},
        {"replication drill", "-status", {kNotThere}},
        {"replication epoch", "", {data(R"({"epoch":3})")}},
        {"replication epoch", "", {kNotThere}},
        {"replication epoch", "-show-to=http://127.0.0.1:1", {data(R"({"epoch":3})")}}, // the token has no right to read the statement
        {"replication epoch", "-", {kNothing}},
        {"replication filter delete", "west", {kNothing}},
        {"replication filter set", "west kv", {kNothing}},
        {"replication filter show", "west", {data(R"({"mode":"allow","paths":["kv/"]})")}},
        {"replication filter show", "west", {kNotThere}},
        {"replication inventory", "", {data(R"({"mounts":[],"token_count":1})")}},
        {"replication links", "", {data(R"({"links":[],"contests":[]})")}},
        {"replication preflight", "https://other:8200", {data(R"({"result":"fail","findings":[]})")}},
        {"replication preview", "", {status, data(R"({"type":"dr","members":[]})")}},
        {"replication readiness", "", {data(R"({"pairs":[]})")}},
        {"replication recover-primary", "", {data(R"({"cluster_id":"x","epoch":2,"steps":[]})")}},
        {"replication refuse-successor", "-init", {attempt}},
        {"replication refuse-successor", "-status", {attempt}},
        {"replication refuse-successor", "-nonce=n KEY", {attempt, attempt}},
        {"replication refuse-successor", "-cancel", {kNothing}},
        {"replication resume-primary", "-init", {attempt}},
        {"replication resume-primary", "-status", {attempt}},
        {"replication resume-primary", "-nonce=n KEY", {attempt, attempt}},
        {"replication resume-primary", "-cancel", {kNothing}},
        {"replication reindex", "", {kNothing, status}},
        {"replication reindex", "-no-wait", {data("null")}},
        {"replication revoke", "west", {kNothing}},
        {"replication revoke", "west", {{200, R"({"data":null,"warnings":["\"west\" receives nothing more"]})"}}},
        {"replication revoke", "west", {{200, R"({"data":null,"warnings":["nothing was revoked: no secondary has the id"]})"}}},
        {"replication revoke", "-compromised west", {data(R"({"revoked":"west","known_to_it":{"mounts":[]}})")}},
        {"replication safety-snapshot delete", "x", {kNothing}},
        {"replication safety-snapshot list", "", {kNotThere}},
        {"replication safety-snapshot list", "", {data(R"({"keys":["x"],"key_info":{}})")}},
        {"replication safety-snapshot restore", "x", {data("null")}},
        {"replication salvage", "", {data(R"({"count":0})")}},
        {"replication scrub", "", {kNothing, idle}},
        {"replication scrub", "-no-wait", {kNothing}},
        {"replication scrub cancel", "", {kNothing}},
        {"replication scrub status", "", {idle}},
        {"replication switchover", "west", {data(R"({"pause_ms":3,"successor":{"cluster_name":"west"}})")}},
        {"replication switchover", "west", {kNothing}},
        {"replication switchover", "-status", {data(R"({"state":"done"})")}},
        {"replication switchover", "-status", {kNotThere}},
        {"replication switchover", "-abandon", {kNothing}},
        {"replication trust", "", {data(R"({"seats":[],"contested":[]})")}},
        {"replication trust choose", "5f1c09d2", {data(R"({"hash":"x","contested":[]})"), data(R"({"seats":[]})")}},
        {"replication trust choose", "-init 5f1c09d2", {data(R"({"hash":"x","contested":[]})"), attempt}},
        {"replication trust choose", "-nonce=n KEY", {attempt, attempt}},
        {"replication trust choose", "-status", {attempt}},
        {"replication trust choose", "-cancel", {kNothing}},
        {"replication where", "kv/a", {data(R"({"clusters":[]})")}},
        {"topology", "", {{299, R"({"initialized":true,"sealed":true})"}}},
    };
    return all;
}

/// Those that Vault's command line does not have, or has in another way.
bool isOurs(std::string_view command)
{
    for (const std::string_view ours :
         {"operator raft snapshot diff", "operator raft snapshot inspect", "operator raft snapshot verify", "topology"}) {
        if (command == ours) return true;
    }
    return command.starts_with("replication ");
}

} // namespace

void TestJsonOutput::everyCommandOfOursHasARow()
{
    QSet<QByteArray> listed;
    for (const auto& row : rows()) listed.insert(row.command);
    for (const auto name : cli::commandNames()) {
        const QByteArray known{name.data(), qsizetype(name.size())};
        if (isOurs(name)) QVERIFY2(listed.remove(known), known);
    }
    QVERIFY2(listed.isEmpty(), listed.isEmpty() ? "" : listed.begin()->constData());
}

void TestJsonOutput::standardOutputIsJson_data()
{
    QTest::addColumn<std::size_t>("number");
    for (std::size_t at = 0; at < rows().size(); ++at) {
        const auto& row = rows()[at];
        QTest::addRow("%zu: %s %s", at, row.command, row.arguments) << at;
    }
}

void TestJsonOutput::standardOutputIsJson()
{
    QFETCH(std::size_t, number);
    const auto& row = rows()[number];
    QTemporaryDir folder;
    const auto path = folder.filePath(QStringLiteral("file"));
    QFile file{path};
    QVERIFY(file.open(QIODevice::WriteOnly) && file.write("no snapshot") > 0);
    file.close();
    QByteArray line = QByteArray{row.command} + " -format=json " + row.arguments;
    line.replace("FILE", path.toUtf8());
    CommandSetting setting;
    setting.in = "statement";
    const auto run = runCommand(wordsOf(line.toStdString()), row.answers, setting);
    QCOMPARE(run.requests.size(), row.answers.size());
    const auto said = QString::fromStdString(run.out + "\n" + run.err);
    if (QByteArray{row.arguments}.startsWith("-show-to")) { // nothing was read and nothing changed
        QVERIFY2(run.code != 0 && run.out.empty(), qPrintable(said));
        return;
    }
    QVERIFY2(!run.out.empty(), qPrintable(said));
    const auto parsed = cli::Json::parse(run.out);
    QVERIFY2(parsed && (parsed->isObject() || parsed->isArray()), qPrintable(said));
}

QTEST_GUILESS_MAIN(TestJsonOutput)
#include "tst_json_output.moc"
