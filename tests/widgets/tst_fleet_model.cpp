#include "tests/widgets/sample_fleet.h"
#include "widgets/look/format.h"
#include "widgets/look/translations.h"
#include "widgets/model/connection_list_model.h"
#include "widgets/model/problems.h"
#include "widgets/model/command.h"
#include "widgets/topology/link_router.h"
#include "widgets/topology/topology_layout.h"

#include <QAbstractItemModelTester>
#include <QSettings>
#include <QSignalSpy>
#include <QTest>

using namespace Qt::StringLiterals;
using namespace widgets;

class TestFleetModel : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { installTranslations(*qApp, QLocale{QLocale::English}); }

    void findsLinksOfBothKinds();
    void computesLagInEntriesAndSeconds();
    void tellsStatesApart_data();
    void tellsStatesApart();
    void showsAFencedPrimaryAndItsSuccessor();
    void keepsTheLastStatusOfALostCluster();
    void choosesTheRightOneOfTwoPrimaries();
    void twoPrimariesOfOneSetAreAnErrorOnBoth_data();
    void twoPrimariesOfOneSetAreAnErrorOnBoth();
    void aRevokedSecondaryIsRevoked_data();
    void aRevokedSecondaryIsRevoked();
    void whatIsNoVaultIsNeverGreen_data();
    void whatIsNoVaultIsNeverGreen();
    void asksNobodyTwiceAtOnce();

    void lagTrackerAnswersFromSamples();
    void lagTrackerForgetsAnotherPrimary();

    void listModelsKeepTheirPromises();
    void problemsComeWorstFirst();
    void actionLogWritesAScript();

    void layoutIsStableAndWithoutOverlap();
    void layoutWrapsAStar();
    void everyLinkHasAWay();

    void storeRemembersConnectionsButNoToken();
    void storeWithoutKeychainKeepsNothing();
    void textsOfNumbers_data();
    void textsOfNumbers();
};

void TestFleetModel::findsLinksOfBothKinds()
{
    tests::SampleFleet sample;
    sample.pass(2);
    const auto& fleet = sample.model.state();
    QStringList names;
    for (const auto& link : fleet.links) names << Format::linkName(fleet, link);
    names.sort();
    QCOMPARE(names, (QStringList{u"eu-central → ap-south (performance)"_s, u"eu-central → eu-west (disaster recovery)"_s,
                                 u"eu-central → us-east (performance)"_s, u"lab-primary → lab-dr (disaster recovery)"_s,
                                 u"lab-primary → lab-perf (performance)"_s}));
    QCOMPARE(fleet.node(u"eu-central"_s)->role, ClusterRole::Primary);
    QCOMPARE(fleet.node(u"eu-west"_s)->role, ClusterRole::DrSecondary);
    QCOMPARE(fleet.node(u"us-east"_s)->state, HealthState::InSync);
    QCOMPARE(Format::nodeDescription(*fleet.node(u"us-east"_s)), u"performance, stream-wals, 0 entries behind"_s);
}

void TestFleetModel::computesLagInEntriesAndSeconds()
{
    tests::SampleFleet sample;
    sample.pass(5);
    for (int i = 0; i < 20; ++i) {
        sample.fake.at(u"ap-south"_s).performance.behind += 600;
        sample.pass(1);
    }
    const auto* link = sample.model.state().feeding(u"ap-south"_s);
    QVERIFY(link);
    QCOMPARE(link->entriesBehind, 12000);
    QVERIFY2(link->secondsBehind > 8 && link->secondsBehind < 12, qPrintable(QString::number(link->secondsBehind)));
    QCOMPARE(link->state, HealthState::Lagging);
    QVERIFY(link->isFlowing());
    QCOMPARE(sample.model.state().node(u"ap-south"_s)->state, HealthState::Lagging);
}

void TestFleetModel::tellsStatesApart_data()
{
    QTest::addColumn<QString>("what");
    QTest::addColumn<HealthState>("state");
    QTest::newRow("syncing") << u"merkle-sync"_s << HealthState::CatchingUp;
    QTest::newRow("idle") << u"idle"_s << HealthState::Stalled;
    QTest::newRow("cut off") << u"transient_failure"_s << HealthState::Broken;
    QTest::newRow("sealed") << u"sealed"_s << HealthState::Sealed;
    QTest::newRow("stuck") << u"stuck"_s << HealthState::Stalled;
    QTest::newRow("different roots") << u"roots"_s << HealthState::Diverged;
    QTest::newRow("no answer") << u"gone"_s << HealthState::Unknown;
}

void TestFleetModel::tellsStatesApart()
{
    QFETCH(QString, what);
    tests::SampleFleet sample;
    sample.pass(2);
    auto& cluster = sample.fake.at(u"us-east"_s);
    if (what == "transient_failure"_L1) cluster.performance.connection = what;
    else if (what == "sealed"_L1) cluster.isSealed = true;
    else if (what == "roots"_L1) cluster.performance.hasDifferentRoot = true;
    else if (what == "gone"_L1) cluster.isReachable = false;
    else if (what != "stuck"_L1) cluster.performance.state = what;
    for (int i = 0; i < 12; ++i) {
        if (what == "stuck"_L1) cluster.performance.behind = sample.fake.at(u"eu-central"_s).index + sample.writesPerSecond + (0 % 3) * 20 - 91000;
        sample.pass(1);
    }
    QTEST(sample.model.state().node(u"us-east"_s)->state, "state");
    QVERIFY(!Problems::find(sample.model.state()).isEmpty() || what == "merkle-sync"_L1);
}

void TestFleetModel::showsAFencedPrimaryAndItsSuccessor()
{
    tests::SampleFleet sample;
    auto& role = sample.fake.at(u"eu-central"_s).performance;
    role.epoch = 1;
    role.replacedBy = u"us-east"_s;
    sample.pass(2);
    const auto& fleet = sample.model.state();
    QCOMPARE(fleet.node(u"eu-central"_s)->state, HealthState::Fenced);
    QCOMPARE(fleet.node(u"eu-central"_s)->stateWord, u"fenced"_s);
    const auto problems = Problems::find(fleet);
    QVERIFY(!problems.isEmpty());
    QCOMPARE(problems.first().subjectId, u"eu-central"_s);
    QVERIFY(problems.first().title.contains("us-east"_L1));
}

void TestFleetModel::keepsTheLastStatusOfALostCluster()
{
    tests::SampleFleet sample;
    sample.pass(2);
    sample.fake.at(u"eu-central"_s).isReachable = false;
    sample.pass(2);
    const auto& fleet = sample.model.state();
    QCOMPARE(fleet.node(u"eu-central"_s)->status.contact, ClusterStatus::Contact::Lost);
    QCOMPARE(fleet.node(u"eu-central"_s)->role, ClusterRole::Primary);
    QCOMPARE(fleet.node(u"eu-central"_s)->stateWord, u"unreachable"_s);
    QCOMPARE(fleet.feeding(u"us-east"_s)->fromId, u"eu-central"_s);
    QCOMPARE(fleet.feeding(u"us-east"_s)->state, HealthState::Broken);
}

void TestFleetModel::choosesTheRightOneOfTwoPrimaries()
{
    // After an unplanned promotion two primaries share a set; the secondary names the one that gave it its token.
    tests::SampleFleet sample;
    auto& promoted = sample.fake.at(u"us-east"_s).performance;
    promoted = tests::FakeRole{};
    promoted.mode = u"primary"_s;
    promoted.setId = sample.fake.at(u"eu-central"_s).performance.setId;
    promoted.known << u"ap-south-2"_s;
    sample.fake.at(u"ap-south"_s).performance.secondaryId = u"ap-south-2"_s;
    sample.fake.at(u"ap-south"_s).performance.primary = u"us-east"_s;
    sample.pass(2);
    QCOMPARE(sample.model.state().feeding(u"ap-south"_s)->fromId, u"us-east"_s);
}

void TestFleetModel::asksNobodyTwiceAtOnce()
{
    struct Silent final : ClusterClient {
        int asked = 0;
        void setToken(core::SecretBytes) override {}
        bool hasToken() const override { return false; }
        void send(const ApiRequest&, ReplyHandler) override { ++asked; }
        void download(const ApiRequest&, const QString&, TransferProgress, ReplyHandler) override {}
        void upload(const ApiRequest&, const QString&, TransferProgress, ReplyHandler) override {}
    };
    auto silent = std::make_shared<Silent>();
    FleetModel model{[&](const Connection&) { return silent; }};
    Connection connection;
    connection.id = u"x"_s;
    model.add(connection, {});
    model.poll();
    model.poll();
    QCOMPARE(silent->asked, 3);
}

/// The class: the console never compared primaries. If two clusters accept the writes of one set, this is an error on both, for each
/// type. It is no error for a fenced primary, for a primary that does not answer, and for one cluster with two connections.
void TestFleetModel::twoPrimariesOfOneSetAreAnErrorOnBoth_data()
{
    QTest::addColumn<QString>("what");
    QTest::addColumn<bool>("isError");
    QTest::newRow("performance") << u"performance"_s << true;
    QTest::newRow("disaster recovery") << u"dr"_s << true;
    QTest::newRow("one is fenced") << u"fenced"_s << false;
    QTest::newRow("one does not answer") << u"away"_s << false;
    QTest::newRow("one cluster, connected twice") << u"twice"_s << false;
}

void TestFleetModel::twoPrimariesOfOneSetAreAnErrorOnBoth()
{
    QFETCH(QString, what);
    QFETCH(bool, isError);
    tests::SampleFleet sample;
    sample.pass(2);
    const bool isDr = what == "dr"_L1;
    auto& second = sample.fake.at(isDr ? u"eu-west"_s : u"us-east"_s);
    const QString setId = (isDr ? sample.fake.at(u"eu-central"_s).dr : sample.fake.at(u"eu-central"_s).performance).setId;
    QVERIFY(!setId.isEmpty());
    auto& role = isDr ? second.dr : second.performance;
    role = {};
    role.mode = u"primary"_s;
    role.setId = setId;
    role.epoch = 2;
    auto& first = sample.fake.at(u"eu-central"_s);
    if (what == "fenced"_L1) {
        first.performance.epoch = 1;
        first.performance.replacedBy = second.name;
    }
    if (what == "away"_L1) first.isReachable = false;
    if (what == "twice"_L1) second.clusterId = first.clusterId;
    sample.pass(2);
    const auto& fleet = sample.model.state();
    const auto problems = Problems::find(fleet);
    for (const auto& [id, other] : {std::pair{first.name, second.name}, std::pair{second.name, first.name}}) {
        const auto it = std::find_if(problems.begin(), problems.end(),
                                     [&id = id](const Problem& p) { return p.subjectId == id && p.title.contains(u"Two primaries in one set"_s); });
        QCOMPARE(it != problems.end(), isError);
        QCOMPARE(fleet.node(id)->rivals, isError ? QStringList{other} : QStringList{});
        if (!isError) continue;
        QVERIFY(it->title.contains(other));
        QVERIFY(fleet.node(id)->state != HealthState::InSync);
    }
}

/// A secondary that its primary does not list is revoked. It is never called "broken" or "equal" and is not offered for promotion,
/// even if the console started later. Looked at: cards, links, problems, inspector, commands, the list of the Promote wizard.
void TestFleetModel::aRevokedSecondaryIsRevoked_data()
{
    QTest::addColumn<QString>("id");
    QTest::addColumn<bool>("isSeen");
    QTest::newRow("performance, seen") << u"us-east"_s << true;
    QTest::newRow("performance, before the console came") << u"us-east"_s << false;
    QTest::newRow("disaster recovery, seen") << u"eu-west"_s << true;
    QTest::newRow("disaster recovery, before the console came") << u"eu-west"_s << false;
}

void TestFleetModel::aRevokedSecondaryIsRevoked()
{
    QFETCH(QString, id);
    QFETCH(bool, isSeen);
    tests::SampleFleet sample;
    const bool isDr = id == "eu-west"_L1;
    const auto revoke = [&] {
        auto& primary = sample.fake.at(u"eu-central"_s);
        auto& secondary = sample.fake.at(id);
        auto& role = isDr ? secondary.dr : secondary.performance;
        (isDr ? primary.dr : primary.performance).known.removeAll(role.secondaryId);
        role.connection = u"transient_failure"_s;
    };
    if (!isSeen) revoke();
    sample.pass(3);
    if (isSeen) {
        QVERIFY(!sample.model.state().node(id)->isRevoked);
        revoke();
        sample.pass(3);
    }
    const auto& fleet = sample.model.state();
    const auto* link = fleet.feeding(id);
    QVERIFY(link);
    QCOMPARE(link->state, HealthState::Revoked);
    QCOMPARE(link->revokedAt.isValid(), isSeen);
    QVERIFY(!link->areRootsEqual);
    const auto* node = fleet.node(id);
    QCOMPARE(node->state, HealthState::Revoked);
    QCOMPARE(node->stateWord, u"revoked"_s);
    QVERIFY(!Commands::isOffered(Command::Promote, *node));
    QVERIFY(!Commands::isOffered(Command::Revoke, *node));
    QVERIFY(Commands::isOffered(Command::Disable, *node));
    QVERIFY(Commands::isOffered(Command::UpdatePrimary, *node));
    const auto problems = Problems::find(fleet);
    const auto it = std::find_if(problems.begin(), problems.end(), [&](const Problem& p) { return p.subjectId == id; });
    QVERIFY(it != problems.end());
    QVERIFY2(!(it->title + it->facts + it->next).contains(u"promote"_s, Qt::CaseInsensitive), qPrintable(it->next));
    QVERIFY(it->next.contains(u"new token"_s));
}

/// An answer that is not this API never makes a cluster green, and no wizard offers such a cluster. This holds for a page, an error, a
/// proxy that answers in a cluster's place, and a cluster whose own health call starts to fail.
void TestFleetModel::whatIsNoVaultIsNeverGreen_data()
{
    using core::ErrorCode;
    QTest::addColumn<int>("code");
    QTest::addColumn<QString>("detail");
    QTest::newRow("not found") << static_cast<int>(ErrorCode::NotFound) << u"HTTP 404"_s;
    QTest::newRow("bad request") << static_cast<int>(ErrorCode::InvalidArgument) << u"HTTP 400"_s;
    QTest::newRow("too many requests") << static_cast<int>(ErrorCode::Internal) << u"HTTP 429"_s;
    QTest::newRow("broken") << static_cast<int>(ErrorCode::Internal) << u"HTTP 500"_s;
    QTest::newRow("a page") << static_cast<int>(ErrorCode::Corrupt) << u"HTTP 200, not a JSON object"_s;
    QTest::newRow("too large") << static_cast<int>(ErrorCode::TooLarge) << u"the answer has more than 1048576 bytes"_s;
    QTest::newRow("a proxy that refuses") << static_cast<int>(ErrorCode::PermissionDenied) << u"HTTP 403"_s;
    QTest::newRow("other JSON") << -1 << u"HTTP 200"_s;
}

void TestFleetModel::whatIsNoVaultIsNeverGreen()
{
    QFETCH(int, code);
    QFETCH(QString, detail);
    for (const QString& id : {u"eu-central"_s, u"us-east"_s, u"new"_s}) {
        tests::SampleFleet sample;
        auto& cluster = id == "new"_L1 ? sample.fake.add(id) : sample.fake.at(id);
        if (id == "new"_L1) sample.connectCluster(id, {}, {}, false);
        else sample.pass(2);
        if (code < 0) cluster.health = QJsonObject{{u"hello"_s, u"world"_s}};
        else cluster.healthError = core::Error{static_cast<core::ErrorCode>(code), detail.toStdString()};
        sample.pass(2);
        const auto* node = sample.model.state().node(id);
        QCOMPARE(node->status.contact, ClusterStatus::Contact::NotVault);
        QCOMPARE(node->state, HealthState::Unknown);
        QCOMPARE(Format::nodeDetail(*node), u"answers, but is no Vault (%1)"_s.arg(detail));
        for (const auto command : Commands::all()) {
            if (command == Command::EditConnection || command == Command::ForgetConnection) continue;
            QVERIFY2(!Commands::isOffered(command, *node), qPrintable(Commands::name(command)));
        }
        const auto problems = Problems::find(sample.model.state());
        QVERIFY(std::any_of(problems.begin(), problems.end(), [&](const Problem& p) { return p.subjectId == id && p.facts.contains(detail); }));
    }
}

void TestFleetModel::lagTrackerAnswersFromSamples()
{
    LagTracker lag;
    for (int s = 0; s <= 10; ++s) lag.add(s * 1000, s * 100, std::min(s * 100, 400));
    QCOMPARE(lag.entriesBehind(), 600);
    QCOMPARE(lag.secondsBehind(), 5.0);
    QCOMPARE(lag.secondsWithoutProgress(), 6.0);
    lag.add(11000, 1100, 1100);
    QCOMPARE(lag.secondsBehind(), 0.0);
    QCOMPARE(lag.series().size(), 12);
    QCOMPARE(lag.entriesPerSecond(), 140.0);
}

void TestFleetModel::lagTrackerForgetsAnotherPrimary()
{
    LagTracker lag;
    lag.add(0, 5000, 10);
    lag.add(1000, 20, 20);
    QCOMPARE(lag.entriesBehind(), 0);
    QCOMPARE(lag.entriesPerSecond(), 0.0);
}

void TestFleetModel::listModelsKeepTheirPromises()
{
    tests::SampleFleet sample;
    ConnectionListModel connections;
    ProblemListModel problems;
    QAbstractItemModelTester first{&connections};
    QAbstractItemModelTester second{&problems};
    QAbstractItemModelTester third{&sample.log};
    const auto present = [&] {
        connections.show(sample.model.state());
        problems.show(Problems::find(sample.model.state()));
    };
    present();
    sample.pass(2);
    present();
    QCOMPARE(connections.rowCount(), 9); // seven clusters, two headings
    QVERIFY(!(connections.index(0).flags() & Qt::ItemIsSelectable));
    sample.model.remove(u"us-east"_s);
    present();
    QCOMPARE(connections.rowCount(), 8);
    sample.fake.at(u"ap-south"_s).isReachable = false;
    sample.fake.at(u"eu-west"_s).isSealed = true;
    sample.pass(2);
    present();
    QCOMPARE(problems.rowCount(), 2);
    sample.fake.at(u"ap-south"_s).isReachable = true;
    sample.pass(2);
    present();
    QCOMPARE(problems.rowCount(), 1);
    const int row = sample.log.begin(u"a"_s, u"x"_s, u"holdfast status"_s);
    sample.log.finish(row, ActionLog::Outcome::Failed, u"no"_s);
    QCOMPARE(sample.log.data(sample.log.index(0), ActionLog::DetailRole).toString(), u"no"_s);
}

void TestFleetModel::problemsComeWorstFirst()
{
    tests::SampleFleet sample;
    sample.pass(2);
    sample.fake.at(u"us-east"_s).performance.connection = u"transient_failure"_s;
    sample.fake.at(u"lab-dr"_s).isReachable = false;
    sample.pass(2);
    const auto problems = Problems::find(sample.model.state());
    QCOMPARE(problems.size(), 2);
    QCOMPARE(problems[0].subjectId, u"us-east"_s);
    QVERIFY(problems[0].title.contains("eu-central"_L1));
    QCOMPARE(problems[1].subjectId, u"lab-dr"_s);
}

void TestFleetModel::actionLogWritesAScript()
{
    ActionLog log;
    log.finish(log.begin(u"a"_s, u"Do it"_s, u"holdfast status"_s), ActionLog::Outcome::Done);
    log.finish(log.begin(u"a"_s, u"Fail"_s, u"holdfast read x"_s), ActionLog::Outcome::Failed, u"why"_s);
    QVERIFY(log.script().contains("# a: Do it\nholdfast status\n"_L1));
    QVERIFY(!log.script().contains("holdfast read x"_L1));
}

void TestFleetModel::layoutIsStableAndWithoutOverlap()
{
    tests::SampleFleet sample;
    sample.pass(2);
    const auto first = layoutTopology(sample.model.state());
    QCOMPARE(first.positions.size(), 7);
    const auto rects = first.positions.values();
    for (qsizetype i = 0; i < rects.size(); ++i) {
        for (qsizetype j = i + 1; j < rects.size(); ++j) QVERIFY(!(QRectF{rects[i], kCardSize}.intersects(QRectF{rects[j], kCardSize})));
    }
    QVERIFY(first.positions[u"us-east"_s].x() > first.positions[u"eu-central"_s].x());
    QCOMPARE(first.positions[u"eu-west"_s].x(), first.positions[u"eu-central"_s].x());
    QVERIFY(first.positions[u"eu-west"_s].y() > first.positions[u"eu-central"_s].y());
    QCOMPARE(first.regions.size(), 3);
    sample.fake.at(u"us-east"_s).isReachable = false;
    sample.pass(3);
    QCOMPARE(layoutTopology(sample.model.state()).positions, first.positions);
}

void TestFleetModel::layoutWrapsAStar()
{
    FleetState fleet;
    for (int i = 0; i <= 50; ++i) {
        FleetNode node;
        node.connection.id = node.connection.name = u"n%1"_s.arg(i);
        fleet.nodes << node;
        FleetLink link;
        link.fromId = u"n0"_s;
        link.toId = node.id();
        if (i > 0) fleet.links << link;
    }
    const auto layout = layoutTopology(fleet);
    QCOMPARE(layout.positions.size(), 51);
    const double ratio = layout.bounds.width() / layout.bounds.height();
    QVERIFY2(ratio > 0.3 && ratio < 6, qPrintable(QString::number(ratio)));
}

void TestFleetModel::everyLinkHasAWay()
{
    tests::SampleFleet sample;
    sample.pass(2);
    // A circle, such as two primaries that follow each other, must not hang the layout.
    auto fleet = sample.model.state();
    FleetLink back;
    back.fromId = u"us-east"_s;
    back.toId = u"eu-central"_s;
    fleet.links << back;
    const auto layout = layoutTopology(fleet);
    QCOMPARE(layout.positions.size(), 7);
    const auto ways = routeLinks(fleet, layout);
    for (const auto& link : fleet.links) QVERIFY(!ways.value(link.id()).isEmpty());
}

void TestFleetModel::storeRemembersConnectionsButNoToken()
{
    tests::SampleFleet sample;
    QSignalSpy probed{sample.store.get(), &ConnectionStore::keychainChanged};
    QVERIFY(probed.wait());
    QCOMPARE(sample.store->keychain(), ConnectionStore::Keychain::Available);
    Connection connection;
    connection.id = u"one"_s;
    connection.name = u"prod"_s;
    connection.address = QUrl{u"https://vault.example:8200"_s};
    connection.caPem = "-----BEGIN CERTIFICATE-----";
    connection.isProduction = true;
    sample.store->save(connection);
    QVERIFY(sample.store->saveToken(connection.id, core::SecretBytes::copyOf("hvs.canary-in-the-keychain")));
    QCOMPARE(sample.store->load(), QList<Connection>{connection});
    sample.store->settings().sync();
    QFile file{sample.store->settings().fileName()};
    QVERIFY(file.open(QIODevice::ReadOnly));
    const QByteArray written = file.readAll();
    QVERIFY(written.contains("vault.example"));
    QVERIFY(!written.contains("canary"));
    std::optional<std::string> token;
    sample.store->loadToken(connection.id, this, [&](core::Result<core::SecretBytes> t) { token = std::string{t ? t->view() : ""}; });
    QTRY_VERIFY(token);
    QCOMPARE(*token, std::string{"hvs.canary-in-the-keychain"});
    sample.store->remove(connection.id);
    QVERIFY(sample.store->load().isEmpty());
    QVERIFY(sample.secrets->entries.isEmpty());
}

void TestFleetModel::storeWithoutKeychainKeepsNothing()
{
    tests::SampleFleet sample{false};
    QSignalSpy probed{sample.store.get(), &ConnectionStore::keychainChanged};
    QVERIFY(probed.wait());
    QCOMPARE(sample.store->keychain(), ConnectionStore::Keychain::Missing);
    QVERIFY(!sample.store->saveToken(u"one"_s, core::SecretBytes::copyOf("hvs.canary")));
    QVERIFY(!sample.store->keychainProblem().isEmpty());
}

void TestFleetModel::textsOfNumbers_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("expected");
    QTest::newRow("none") << Format::entriesBehind(0) << u"0 entries behind"_s;
    QTest::newRow("one") << Format::entriesBehind(1) << u"1 entry behind"_s;
    QTest::newRow("many") << Format::lag(4102, 38) << u"4,102 entries behind · 38 s"_s;
    QTest::newRow("short") << Format::duration(0.4) << u"0.4 s"_s;
    QTest::newRow("minutes") << Format::duration(134) << u"2 min 14 s"_s;
    QTest::newRow("an hour") << Format::duration(3060) << u"51 min"_s;
    QTest::newRow("hours") << Format::duration(11100) << u"3 h 5 min"_s;
    QTest::newRow("rate") << Format::rate(1234) << u"1.2k/s"_s;
    QTest::newRow("slow") << Format::rate(0.4) << u"0.4/s"_s;
}

void TestFleetModel::textsOfNumbers()
{
    QFETCH(QString, text);
    QTEST(text, "expected");
}

QTEST_MAIN(TestFleetModel)
#include "tst_fleet_model.moc"
