#include "app/holdfast/replication/topology_view.h"
#include "tests/app/command_fixture.h"

#include <QtTest>

using namespace cli;

class TestTopology : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void followsTheAddressesInAnswers();
    void showsWhatIsBroken();
    void showsWhatIsBelowARelay();
    void namesEachProgram();
    void countsNodesOfOneClusterOnce();
    void warnsOfTwoPrimaries();
    void saysWhichOneToDemote();
    void commandAsksWithoutAToken();
    void commandFailsWhereNobodyAnswers();

private:
    using Reports = std::map<std::string, std::pair<std::string, std::string>>; // address -> health, replication
    Topology explore(std::vector<std::string> addresses, const Reports& reports);
    std::vector<std::string> m_asked;
};

Topology TestTopology::explore(std::vector<std::string> addresses, const Reports& reports)
{
    m_asked.clear();
    return exploreTopology(std::move(addresses), [&](const std::string& address) -> core::Result<ClusterReport> {
        m_asked.push_back(address);
        const auto found = reports.find(address);
        if (found == reports.end()) return core::Error{core::ErrorCode::Unavailable, "Error making API request.\n\n* refused\n\n"};
        return ClusterReport{*Json::parse(found->second.first), *Json::parse(found->second.second)};
    });
}

namespace {

std::string health(const char* name)
{
    return R"({"initialized":true,"sealed":false,"version":"1","cluster_name":")" + std::string{name} + R"(","cluster_id":"id-)" + name + R"("})";
}

/// A performance primary; `epoch` may bring more members along.
std::string primaryAt(const std::string& epoch)
{
    return "{\"performance\":{\"mode\":\"primary\",\"state\":\"running\",\"cluster_id\":\"p\",\"epoch\":" + epoch +
           "},\"dr\":{\"mode\":\"disabled\"}}";
}

const std::string kNorth =
    R"({"performance":{"mode":"primary","state":"running","cluster_id":"p","last_performance_wal":223,"merkle_root":"aa","known_secondaries":["south"],
    "secondaries":[{"node_id":"south","api_address":"http://south/","connection_status":"connected","replication_primary_canary_age_ms":"660"}]},
  "dr":{"mode":"primary","state":"running","cluster_id":"d","last_dr_wal":300,"merkle_root":"bb","known_secondaries":["west","lost"],
    "secondaries":[{"node_id":"west","api_address":"http://west","connection_status":"connected","replication_primary_canary_age_ms":"2000"}]}})";
const std::string kSouth =
    R"({"performance":{"mode":"secondary","state":"stream-wals","cluster_id":"p","secondary_id":"south","last_remote_wal":223,"merkle_root":"aa",
    "primaries":[{"api_address":"http://north","connection_status":"connected"}]},"dr":{"mode":"disabled"}})";
const std::string kWest =
    R"({"performance":{"mode":"disabled"},"dr":{"mode":"secondary","state":"merkle-sync","cluster_id":"d","secondary_id":"west","last_remote_wal":258,"merkle_root":"cc",
    "primaries":[{"api_address":"http://north","connection_status":"connected"}]}})";

} // namespace

void TestTopology::followsTheAddressesInAnswers()
{
    const auto topology =
        explore({"http://south"},
                {{"http://north", {health("north"), kNorth}}, {"http://south", {health("south"), kSouth}}, {"http://west", {health("west"), kWest}}});
    QCOMPARE(m_asked, (std::vector<std::string>{"http://south", "http://north", "http://west"}));
    QCOMPARE(QByteArray::fromStdString(topology.toText()),
             QByteArray{"north  http://north  performance primary (running), DR primary (running)\n"
                        "├── performance (id south), in step: south  http://south  performance secondary (stream-wals)\n"
                        "├╌╌ disaster recovery (id west), 42 entries behind, 2 s: west  http://west  DR secondary (merkle-sync)\n"
                        "└╳╳ disaster recovery, NEVER CONNECTED: cluster of the token \"lost\""});
    const auto json = topology.toJson();
    QCOMPARE(json["clusters"].array().size(), std::size_t{3});
    const auto& links = json["links"].array();
    QCOMPARE(links.size(), std::size_t{3});
    QCOMPARE(
        QByteArray::fromStdString(links[0].toCompact()),
        QByteArray{
            R"({"type":"performance","primary":"north","secondary":"south","secondary_id":"south","state":"stream-wals","connection_status":"connected","program_version":"","is_program_older":false,"lag_entries":0,"lag_seconds":0.66})"});
    QCOMPARE(links[1]["lag_entries"].integer(), 42);
    QVERIFY(links[2]["secondary"].isNull());
    QVERIFY(links[2]["lag_entries"].isNull());
}

void TestTopology::showsWhatIsBroken()
{
    auto north = kNorth;
    const std::string connected = R"("http://west","connection_status":"connected")";
    north.replace(
        north.find(connected), connected.size(),
        R"("http://west","connection_status":"disconnected","last_heartbeat":"2026-11-30T09:18:02.612Z","last_heartbeat_duration_ms":"7532")");
    const auto topology = explore({"http://north", "http://east"}, {{"http://north", {health("north"), north}},
                                                                    {"http://south", {R"({"initialized":true,"sealed":true})", "null"}},
                                                                    {"http://east", {R"({"initialized":false,"sealed":true})", "null"}}});
    QCOMPARE(
        QByteArray::fromStdString(topology.toText()),
        QByteArray{
            "north  http://north  performance primary (running), DR primary (running)\n"
            "├── performance (id south), 0.66 s: cluster of the token \"south\", http://south  SEALED\n"
            "├╳╳ disaster recovery (id west), DISCONNECTED, last heard 2026-11-30T09:18:02Z (7 s ago): cluster of the token \"west\", http://west  NOT REACHABLE: refused\n"
            "└╳╳ disaster recovery, NEVER CONNECTED: cluster of the token \"lost\"\n"
            "http://east  NOT INITIALIZED"});
}

/// The class: a member of a set is not shown, or is shown with outdated values as if they were new. Looked at: secondaries of a primary, of both
/// types; those of a relay, connected and away; DR copies of a secondary (that secondary is their DR primary).
void TestTopology::showsWhatIsBelowARelay()
{
    const std::string relay = R"({"performance":{"mode":"secondary","state":"stream-wals","cluster_id":"p","secondary_id":"south","merkle_root":"aa",
        "primaries":[{"api_address":"http://north","connection_status":"connected"}],
        "relay":{"enabled":true,"last_performance_wal":223,"merkle_root":"aa","known_secondaries":["edge","off","new"],"secondaries":[
          {"node_id":"edge","api_address":"http://edge","connection_status":"connected","replication_primary_canary_age_ms":"10"},
          {"node_id":"off","api_address":"http://off","connection_status":"disconnected","last_heartbeat":"2026-11-30T09:18:02.612Z",
           "last_heartbeat_duration_ms":"61000","replication_primary_canary_age_ms":"5"}]}},"dr":{"mode":"disabled"}})";
    const std::string edge =
        R"({"performance":{"mode":"secondary","state":"stream-wals","cluster_id":"p","secondary_id":"edge","last_remote_wal":220,"merkle_root":"ab",
        "primaries":[{"api_address":"http://south","connection_status":"connected"}]},"dr":{"mode":"disabled"}})";
    const std::string north =
        R"({"performance":{"mode":"primary","state":"running","cluster_id":"p","last_performance_wal":223,"merkle_root":"aa","known_secondaries":["south"],
        "secondaries":[{"node_id":"south","api_address":"http://south","connection_status":"connected"}]},"dr":{"mode":"disabled"}})";
    const auto topology =
        explore({"http://north"},
                {{"http://north", {health("north"), north}}, {"http://south", {health("south"), relay}}, {"http://edge", {health("edge"), edge}}});
    QCOMPARE(
        QByteArray::fromStdString(topology.toText()),
        QByteArray{
            "north  http://north  performance primary (running)\n"
            "└── performance (id south), in step: south  http://south  performance secondary (stream-wals)\n"
            "    ├── performance (id edge), 3 entries behind, 0.01 s: edge  http://edge  performance secondary (stream-wals)\n"
            "    ├╳╳ performance (id off), DISCONNECTED, last heard 2026-11-30T09:18:02Z (61 s ago): cluster of the token \"off\", http://off  NOT REACHABLE: refused\n"
            "    └╳╳ performance, NEVER CONNECTED: cluster of the token \"new\""});
    const auto& links = topology.toJson()["links"].array();
    QCOMPARE(links.size(), std::size_t{4});
    QVERIFY(links[2]["lag_seconds"].isNull()); // its lag is not known any more
}

/// An older member blocks features that need all members. So the drawing names it, even while it does not answer.
void TestTopology::namesEachProgram()
{
    auto north = kNorth;
    const std::string south = R"("node_id":"south")";
    north.replace(north.find(south), south.size(), south + R"(,"program_version":"0.1.9","is_program_older":true)");
    const std::string west = R"("node_id":"west")";
    north.replace(north.find(west), west.size(), west + R"(,"program_version":"","is_program_older":true)");
    auto own = health("north");
    own.replace(own.find(R"("version":"1")"), 13, R"("version":"1.15.0+holdfast.0.2.0")");
    const auto topology = explore({"http://north"}, {{"http://north", {own, north}}, {"http://south", {health("south"), kSouth}}});
    QCOMPARE(QByteArray::fromStdString(topology.toText()),
             QByteArray{"north  http://north  performance primary (running), DR primary (running)  Holdfast 0.2.0\n"
                        "├── performance (id south), OLDER PROGRAM 0.1.9, in step: south  http://south  performance secondary (stream-wals)\n"
                        "├╌╌ disaster recovery (id west), OLDER PROGRAM, 2 s: cluster of the token \"west\", http://west  NOT REACHABLE: refused\n"
                        "└╳╳ disaster recovery, NEVER CONNECTED: cluster of the token \"lost\""});
    const auto json = topology.toJson();
    QCOMPARE(json["clusters"].array()[0]["program_version"].text(), std::string{"0.2.0"});
    QCOMPARE(json["links"].array()[0]["program_version"].text(), std::string{"0.1.9"});
    QVERIFY(json["links"].array()[0]["is_program_older"].isTrue());
}

void TestTopology::countsNodesOfOneClusterOnce()
{
    const std::string alone = R"({"performance":{"mode":"disabled"},"dr":{"mode":"disabled"}})";
    const auto topology = explore({"http://a", "http://b", "http://a/"}, {{"http://a", {health("x"), alone}}, {"http://b", {health("x"), alone}}});
    QCOMPARE(m_asked.size(), std::size_t{2});
    QCOMPARE(QByteArray::fromStdString(topology.toText()), QByteArray{"x  http://a  no replication"});
}

void TestTopology::warnsOfTwoPrimaries()
{
    const std::string primary = R"({"performance":{"mode":"disabled"},"dr":{"mode":"primary","state":"running","cluster_id":"d"}})";
    const std::string other = R"({"performance":{"mode":"disabled"},"dr":{"mode":"primary","state":"running","cluster_id":"another"}})";
    const auto topology = explore({"http://a", "http://b", "http://c"},
                                  {{"http://a", {health("a"), primary}}, {"http://b", {health("b"), primary}}, {"http://c", {health("c"), other}}});
    QVERIFY2(topology.toText().ends_with(
                 "\nWARNING! More than one DR primary in one set: a b. Demote or disable the wrong ones at once, so that one stays."),
             topology.toText().c_str());
    QCOMPARE(QByteArray::fromStdString(topology.toJson()["splits"].toCompact()), QByteArray{R"([{"type":"dr","primaries":["a","b"]}])"});
}

/// The class: a warning that names what is wrong and not what to do, with which cluster. Here two primaries of one set, and one that was replaced. It
/// could occur with each warning of this command. What holds: the later promotion leads, and a command demotes the other one; an address that a shell
/// would run is not part of it.
void TestTopology::saysWhichOneToDemote()
{
    const auto two = explore({"http://a", "http://b"}, {{"http://a", {health("a"), primaryAt("3")}}, {"http://b", {health("b"), primaryAt("4")}}});
    QVERIFY2(two.toText().ends_with("WARNING! More than one performance primary in one set: b a. The latest promotion is that of b. Demote at once:\n"
                                    "    holdfast write -f -address=http://a sys/replication/performance/primary/demote"),
             two.toText().c_str());
    // One that knows that it was replaced takes no writes: that is no split. Its successor is asked as well.
    const auto fenced = primaryAt("3,\"replaced_by\":{\"epoch\":4,\"cluster_name\":\"b\",\"api_address\":\"http://b\"}");
    const auto topology = explore({"http://a"}, {{"http://a", {health("a"), fenced}}, {"http://b", {health("b"), primaryAt("4")}}});
    QCOMPARE(m_asked, (std::vector<std::string>{"http://a", "http://b"}));
    QVERIFY(topology.splits.empty());
    const auto text = topology.toText();
    QVERIFY2(text.starts_with("a  http://a  performance primary (REPLACED)\n"), text.c_str());
    QVERIFY2(text.find("WARNING! a takes no writes: b has replaced it as the performance primary, epoch 4. Its data is kept. Demote it:\n"
                       "    holdfast write -f -address=http://a sys/replication/performance/primary/demote\n"
                       "Then let it follow with a token made at b (http://b)") != std::string::npos,
             text.c_str());
    QCOMPARE(QByteArray::fromStdString(topology.toJson()["replaced"].toCompact()),
             QByteArray{"[{\"type\":\"performance\",\"primary\":\"a\",\"replaced_by\":\"b\",\"api_address\":\"http://b\",\"epoch\":4}]"});
    // One whose storage was put back to an earlier time takes no writes either, and says why.
    const auto older = primaryAt("3,\"older_storage\":{\"cause\":\"this storage is older than what members hold\"}");
    const auto stopped = explore({"http://a"}, {{"http://a", {health("a"), older}}}).toText();
    QVERIFY2(stopped.starts_with("a  http://a  performance primary (OLDER STORAGE)"), stopped.c_str());
    QVERIFY2(stopped.find("WARNING: this storage is older than what members hold") != std::string::npos, stopped.c_str());
    const auto hostile = explore({"http://x;reboot"}, {{"http://x;reboot", {health("a"), fenced}}, {"http://b", {health("b"), primaryAt("4")}}});
    QVERIFY(hostile.toText().find("-address") == std::string::npos);
}

void TestTopology::commandAsksWithoutAToken()
{
    const auto run = runCommand({"topology", "-format=json"},
                                {{299, health("x")}, {200, R"({"data":{"performance":{"mode":"disabled"},"dr":{"mode":"disabled"}}})"}});
    QCOMPARE(run.code, 0);
    QVERIFY(run.requests.at(0).line.starts_with("GET /v1/sys/health?"));
    QCOMPARE(run.requests.at(1).line, std::string{"GET /v1/sys/replication/status"});
    for (const auto& request : run.requests) QVERIFY(!request.headers.contains("x-vault-token"));
    const auto json = Json::parse(run.out);
    QVERIFY(json.has_value());
    QCOMPARE((*json)["clusters"].array().at(0)["name"].text(), std::string{"x"});
}

void TestTopology::commandFailsWhereNobodyAnswers()
{
    const auto without = runCommand({"topology"}, {{299, health("x")}, {404, R"({"errors":["unsupported path"]})"}});
    QCOMPARE(without.code, 0);
    QCOMPARE(without.out, std::string{"x  ADDR  no replication\n"});

    const auto run = runCommand({"topology", "-address=http://127.0.0.1:1"}, {});
    QCOMPARE(run.code, 2);
    QVERIFY(run.out.starts_with("http://127.0.0.1:1  NOT REACHABLE: connection refused"));
}

QTEST_GUILESS_MAIN(TestTopology)
#include "tst_topology.moc"
