#include "widgets/model/problems.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QTest>

using namespace Qt::StringLiterals;
using namespace widgets;

namespace {

QJsonObject json(const QByteArray& text)
{
    return QJsonDocument::fromJson(text).object();
}

/// A cluster that answers these two calls.
FleetNode node(const QByteArray& health, const QByteArray& replication)
{
    FleetNode node;
    node.connection.id = node.connection.name = u"edge"_s;
    node.status.contact = ClusterStatus::Contact::Reached;
    node.status.reachedAt = QDateTime::currentDateTime();
    applyHealth(node.status, json(health));
    applyReplicationStatus(node.status, json(replication));
    node.role = roleOf(node.status);
    node.state = ownState(node.status, node.role);
    node.stateWord = stateWordOf(node.status, node.role);
    return node;
}

} // namespace

/// The class: the server reports a problem, and the console calls the cluster healthy. It could occur with each field of health and status; the table
/// has all present ones. What holds: each field becomes a problem with its facts and a next step, and the problem disappears with the field.
class TestProblems : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void showsWhatTheServerCallsWrong_data();
    void showsWhatTheServerCallsWrong();
    void aMountConflictIsAState();
    void aLostClusterReportsNothingNew();
};

void TestProblems::showsWhatTheServerCallsWrong_data()
{
    QTest::addColumn<QByteArray>("health");
    QTest::addColumn<QByteArray>("performance");
    QTest::addColumn<QString>("facts");
    QTest::addColumn<HealthState>("state"); // of the cluster
    const QByteArray well = R"({"initialized":true,"sealed":false})";
    const QByteArray streams = R"({"mode":"secondary","state":"stream-wals","connection_state":"ready"})";
    QTest::newRow("nothing") << well << streams << QString{} << HealthState::InSync;
    QTest::newRow("no audit device works") << QByteArray{R"({"initialized":true,"sealed":false,"audit_failure":"file/: no space left"})"} << streams
                                           << u"file/: no space left"_s << HealthState::Broken;
    QTest::newRow("local mount that conflicts")
        << well << QByteArray{R"({"mode":"secondary","state":"stream-wals","mount_conflicts":["secrets engine \"late/\""]})"}
        << u"secrets engine \"late/\""_s << HealthState::InSync;
    QTest::newRow("two primaries") << QByteArray{R"({"initialized":true,"sealed":false,"two_primaries":"\"east\" answers as primary"})"}
                                   << QByteArray{R"({"mode":"primary","state":"running"})"} << u"\"east\" answers as primary"_s
                                   << HealthState::InSync;
    QTest::newRow("older storage")
        << well << QByteArray{R"({"mode":"primary","state":"idle","older_storage":{"cause":"this storage is older than what members hold"}})"}
        << u"this storage is older than what members hold"_s << HealthState::Stalled;
    QTest::newRow("rekey")
        << well << QByteArray{R"({"mode":"primary","state":"running","rekey_required":"rekey required: the revoked member knows the root key"})"}
        << u"rekey required: the revoked member knows the root key"_s << HealthState::InSync;
}

void TestProblems::showsWhatTheServerCallsWrong()
{
    QFETCH(QByteArray, health);
    QFETCH(QByteArray, performance);
    QFETCH(QString, facts);
    QFETCH(HealthState, state);
    FleetState fleet;
    fleet.nodes << node(health, "{\"performance\":" + performance + "}");
    QCOMPARE(fleet.nodes[0].state, state);
    const auto problems = Problems::find(fleet);
    QCOMPARE(problems.size(), facts.isEmpty() ? 0 : 1);
    if (facts.isEmpty()) return;
    QVERIFY2(problems[0].facts.contains(facts), qPrintable(problems[0].facts));
    QVERIFY(!problems[0].title.isEmpty() && !problems[0].next.isEmpty());
    QVERIFY2(!problems[0].title.contains(u"follows no primary"), qPrintable(problems[0].title)); // these are other reasons to be idle
    applyHealth(fleet.nodes[0].status, json(R"({"initialized":true,"sealed":false})"));
    applyReplicationStatus(fleet.nodes[0].status, json(R"({"performance":{"mode":"primary","state":"running"}})"));
    fleet.nodes[0].state = ownState(fleet.nodes[0].status, fleet.nodes[0].role);
    QVERIFY(Problems::find(fleet).isEmpty());
}

/// The class: a red problem beside a green card. Looked at: what toldBy() adds to a healthy state: mount conflicts (here), two primaries
/// (markRivals), audit devices (ownState), a root key that must be replaced (a warning of the set, no state of the cluster).
void TestProblems::aMountConflictIsAState()
{
    FleetState fleet;
    fleet.nodes << node(R"({"initialized":true,"sealed":false})",
                        R"({"performance":{"mode":"secondary","state":"stream-wals","connection_state":"ready","mount_conflicts":["y"]}})");
    fleet.nodes[0].hasLag = true; // its primary is connected as well
    markConflicts(fleet.nodes);
    QVERIFY(fleet.nodes[0].state == HealthState::Broken);
    QCOMPARE(fleet.nodes[0].stateWord, u"mount conflict"_s);
    QCOMPARE(Problems::find(fleet).size(), 1);
    fleet.nodes[0].hasLag = false;
    QCOMPARE(Problems::find(fleet).size(), 1);   // once
    fleet.nodes[0].state = HealthState::Revoked; // says more
    fleet.nodes[0].stateWord = u"revoked"_s;
    markConflicts(fleet.nodes);
    QCOMPARE(fleet.nodes[0].stateWord, u"revoked"_s);
}

void TestProblems::aLostClusterReportsNothingNew()
{
    FleetState fleet;
    fleet.nodes << node(R"({"initialized":true,"sealed":false,"two_primaries":"x"})",
                        R"({"performance":{"mode":"primary","mount_conflicts":["y"]}})");
    QCOMPARE(Problems::find(fleet).size(), 2);
    fleet.nodes[0].status.contact = ClusterStatus::Contact::Lost;
    const auto problems = Problems::find(fleet);
    QCOMPARE(problems.size(), 1); // that it cannot be reached
}

QTEST_GUILESS_MAIN(TestProblems)
#include "tst_problems.moc"
