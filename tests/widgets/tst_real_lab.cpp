// The wizards against real servers over HTTPS: the lab's three clusters and a fourth one run in this process.
#include "core/server/embedded_server.h"
#include "core/server/lab.h"
#include "tests/widgets/wizard_driver.h"
#include "widgets/client/http_cluster_client.h"
#include "widgets/look/format.h"
#include "widgets/look/theme.h"
#include "widgets/model/action_log.h"
#include "widgets/model/fleet_model.h"
#include "widgets/wizard/replication/enable_wizard.h"
#include "widgets/wizard/replication/follow_wizard.h"
#include "widgets/wizard/replication/promote_wizard.h"
#include "widgets/wizard/snapshot/snapshot_wizard.h"

#include <QCheckBox>
#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QRadioButton>
#include <QSpinBox>
#include <QTemporaryDir>

using namespace Qt::StringLiterals;
using namespace widgets;
using namespace std::chrono_literals;
using tests::WizardDriver;

class TestRealLab : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void cleanupTestCase();
    void showsTheLabInSync();
    void savesASnapshotAndRestoresIt();
    void setsUpASchedule();
    void addsTheFourthCluster();
    void promotesTheDrSecondary();
    void letsTheOldPrimaryFollow();

private:
    void connectCluster(const std::string& name, const std::string& address, const std::string& caPem, const std::string& token);
    ApiResult call(const QString& id, const ApiRequest& request);
    ApiRequest write(const QString& path, const QJsonObject& body, bool isAuthenticated);
    QStringList linksInSync() const;
    QString shareOf(int index) const;
    template<class Wizard>
    void makeToken(const WizardDriver<Wizard>& wizard, OperationToken& token);
    QString reasonOf(const PlanModel& plan) const;

    std::unique_ptr<core::server::Lab> m_lab;
    std::unique_ptr<core::server::EmbeddedServer> m_spare;
    std::unique_ptr<FleetModel> m_fleet;
    ActionLog m_log;
    QString m_caFile;
    QTemporaryDir m_folder;
};

void TestRealLab::initTestCase()
{
    Theme::instance().apply(ThemeChoice::Light);
    auto lab = core::server::Lab::start({});
    QVERIFY2(lab.has_value(), lab ? "" : lab.error().detail.c_str());
    m_lab = std::move(*lab);
    m_caFile = QString::fromStdString(m_lab->clusters().front().caFile);
    m_fleet = std::make_unique<FleetModel>([](const Connection& connection) {
        return std::make_shared<HttpClusterClient>(HttpClusterClient::Options{connection.address, connection.caPem});
    });
    for (const auto& cluster : m_lab->clusters()) {
        const auto& token = cluster.rootToken.empty() ? m_lab->clusters().front().rootToken : cluster.rootToken;
        connectCluster(cluster.name, cluster.apiAddress, cluster.caPem, std::string{token.view()});
    }
    m_fleet->start(200ms);
}

void TestRealLab::cleanupTestCase()
{
    m_fleet.reset();
    if (m_spare) m_spare->stop();
    if (m_lab) m_lab->stop();
}

void TestRealLab::connectCluster(const std::string& name, const std::string& address, const std::string& caPem, const std::string& token)
{
    Connection connection;
    connection.id = connection.name = QString::fromStdString(name);
    connection.address = QUrl{QString::fromStdString(address)};
    connection.caPem = QByteArray::fromStdString(caPem);
    connection.caFile = m_caFile;
    m_fleet->add(connection, core::SecretBytes::copyOf(token));
}

ApiResult TestRealLab::call(const QString& id, const ApiRequest& request)
{
    std::optional<ApiResult> result;
    m_fleet->client(id)->send(request, {this, [&](const ApiResult& r) { result = r; }});
    if (!QTest::qWaitFor([&] { return result.has_value(); }, 20000)) return core::Error{core::ErrorCode::Timeout, "the test waited in vain"};
    return *result;
}

ApiRequest TestRealLab::write(const QString& path, const QJsonObject& body, bool isAuthenticated)
{
    ApiRequest request;
    request.verb = ApiRequest::Verb::Write;
    request.path = path;
    request.body = body;
    request.authenticated = isAuthenticated;
    return request;
}

QStringList TestRealLab::linksInSync() const
{
    QStringList names;
    for (const auto& link : m_fleet->state().links) {
        if (link.state == HealthState::InSync && link.areRootsEqual) names << Format::linkName(m_fleet->state(), link);
    }
    names.sort();
    return names;
}

QString TestRealLab::shareOf(int index) const
{
    const auto& key = m_lab->clusters().front().unsealKeys.at(static_cast<std::size_t>(index));
    return QString::fromUtf8(key.view().data(), static_cast<qsizetype>(key.size()));
}

QString TestRealLab::reasonOf(const PlanModel& plan) const
{
    QString text;
    for (const auto& step : plan.steps()) text += u"%1: %2\n"_s.arg(step.title, step.text);
    return text;
}

template<class Wizard>
void TestRealLab::makeToken(const WizardDriver<Wizard>& wizard, OperationToken& token)
{
    wizard.press(u"sharesBegin"_s);
    QTRY_VERIFY2_WITH_TIMEOUT(token.isStarted() && !token.isBusy(), qPrintable(token.problem()), 10000);
    for (int i = 0; token.token().empty(); ++i) {
        QVERIFY2(token.problem().isEmpty() && i < token.required(), qPrintable(token.problem()));
        wizard.type(u"keyShare"_s, shareOf(i));
        wizard.press(u"shareGive"_s);
        QTRY_VERIFY_WITH_TIMEOUT(!token.isBusy() && (token.progress() == i + 1 || !token.token().empty()), 10000);
    }
    QVERIFY(token.token().view().starts_with("hvs."));
}

void TestRealLab::showsTheLabInSync()
{
    QTRY_COMPARE_WITH_TIMEOUT(linksInSync(), (QStringList{u"lab-primary → lab-dr (disaster recovery)"_s, u"lab-primary → lab-perf (performance)"_s}),
                              20000);
    QCOMPARE(m_fleet->state().node(u"lab-dr"_s)->role, ClusterRole::DrSecondary);
}

void TestRealLab::savesASnapshotAndRestoresIt()
{
    auto mounted = call(u"lab-primary"_s, write(u"sys/mounts/kv"_s, {{u"type"_s, u"kv"_s}}, true));
    QVERIFY(mounted);
    QVERIFY(call(u"lab-primary"_s, write(u"kv/before"_s, {{u"a"_s, u"b"_s}}, true)));
    const QString file = m_folder.filePath(u"lab.snap"_s);
    {
        WizardDriver<SnapshotWizard> wizard{new SnapshotWizard{*m_fleet, m_log, u"lab-primary"_s, nullptr}};
        QVERIFY(wizard.next());
        wizard.type(u"snapshotFile"_s, file);
        QVERIFY(wizard.next() && wizard.next() && wizard.next());
        QTRY_VERIFY2_WITH_TIMEOUT(wizard->model().plan().state() == PlanModel::State::Done, qPrintable(reasonOf(wizard->model().plan())), 20000);
    }
    QFile saved{file};
    QVERIFY(saved.open(QIODevice::ReadOnly));
    QCOMPARE(saved.read(2), QByteArray{"\x1f\x8b"});
    QVERIFY(call(u"lab-primary"_s, write(u"kv/after"_s, {{u"a"_s, u"b"_s}}, true)));
    {
        WizardDriver<SnapshotWizard> wizard{new SnapshotWizard{*m_fleet, m_log, u"lab-primary"_s, nullptr}};
        wizard.part<QRadioButton>(u"restore-a-snapshot"_s).click();
        QVERIFY(wizard.next());
        wizard.type(u"snapshotFile"_s, file);
        QVERIFY(wizard.next() && wizard.next());
        wizard.type(u"confirmName"_s, u"lab-primary"_s);
        QVERIFY(wizard.next());
        QTRY_VERIFY2_WITH_TIMEOUT(wizard->model().plan().state() == PlanModel::State::Done, qPrintable(reasonOf(wizard->model().plan())), 30000);
    }
    ApiRequest read;
    read.path = u"kv/before"_s;
    ApiResult before{ApiReply{}};
    QVERIFY(QTest::qWaitFor(
        [&] {
            before = call(u"lab-primary"_s, read);
            return before.has_value();
        },
        20000));
    QCOMPARE(before->data.value("a"_L1).toString(), u"b"_s);
    read.path = u"kv/after"_s;
    QVERIFY(!call(u"lab-primary"_s, read));
    QTRY_COMPARE_WITH_TIMEOUT(linksInSync().size(), 2, 30000);
}

void TestRealLab::setsUpASchedule()
{
    WizardDriver<SnapshotWizard> wizard{new SnapshotWizard{*m_fleet, m_log, u"lab-primary"_s, nullptr}};
    wizard.part<QRadioButton>(u"automatic-snapshots"_s).click();
    QVERIFY(wizard.next());
    wizard.type(u"scheduleName"_s, u"often"_s);
    wizard.type(u"schedulePath"_s, m_folder.filePath(u"auto"_s));
    wizard.part<QComboBox>(u"scheduleUnit"_s).setCurrentIndex(0);
    wizard.part<QSpinBox>(u"scheduleInterval"_s).setValue(1);
    wizard.part<QSpinBox>(u"scheduleRetain"_s).setValue(2);
    wizard.part<QSpinBox>(u"scheduleSpace"_s).setValue(1);
    QVERIFY(wizard.next() && wizard.next() && wizard.next());
    QTRY_VERIFY2_WITH_TIMEOUT(wizard->model().plan().state() == PlanModel::State::Done, qPrintable(reasonOf(wizard->model().plan())), 20000);
    QTRY_VERIFY_WITH_TIMEOUT(!QDir{m_folder.filePath(u"auto"_s)}.entryList({u"vault-snapshot-*.snap"_s}, QDir::Files).isEmpty(), 20000);
    ApiRequest end = requests::autoSnapshotDelete(u"often"_s);
    QVERIFY(call(u"lab-primary"_s, end));
}

void TestRealLab::addsTheFourthCluster()
{
    core::server::EmbeddedServer::Options options;
    options.name = "spare";
    auto spare = core::server::EmbeddedServer::start(options);
    QVERIFY2(spare.has_value(), spare ? "" : spare.error().detail.c_str());
    m_spare = std::move(*spare);
    connectCluster("spare", m_spare->apiAddress(), m_spare->caPem(), {});
    auto initialised = call(u"spare"_s, write(u"sys/init"_s, {{u"secret_shares"_s, 1}, {u"secret_threshold"_s, 1}}, false));
    QVERIFY(initialised);
    QVERIFY(call(u"spare"_s, write(u"sys/unseal"_s, {{u"key"_s, initialised->body.value("keys"_L1).toArray().at(0)}}, false)));
    m_fleet->setToken(u"spare"_s, core::SecretBytes::copyOf(initialised->body.value("root_token"_L1).toString().toStdString()));
    QTRY_VERIFY_WITH_TIMEOUT(m_fleet->state().node(u"spare"_s)->role == ClusterRole::Standalone, 20000);

    WizardDriver<EnableWizard> wizard{new EnableWizard{*m_fleet, m_log, u"lab-primary"_s, nullptr}};
    wizard.choose(u"enablePrimary"_s, u"lab-primary"_s);
    wizard.choose(u"enableSecondary"_s, u"spare"_s);
    QCOMPARE(wizard.part<QLineEdit>(u"enableCaFile"_s).text(), m_caFile);
    QVERIFY(wizard.next() && wizard.next());
    QTRY_VERIFY_WITH_TIMEOUT(wizard->model().inventory().isComplete, 10000);
    wizard.type(u"confirmName"_s, u"spare"_s);
    QVERIFY(wizard.next() && wizard.next());
    QTRY_VERIFY2_WITH_TIMEOUT(wizard->model().plan().state() == PlanModel::State::Done, qPrintable(reasonOf(wizard->model().plan())), 60000);
    QTRY_VERIFY_WITH_TIMEOUT(linksInSync().contains(u"lab-primary → spare (performance)"_s), 20000);
}

void TestRealLab::promotesTheDrSecondary()
{
    WizardDriver<PromoteWizard> wizard{new PromoteWizard{*m_fleet, m_log, u"lab-dr"_s, nullptr}};
    QVERIFY(wizard->model().choices().isPlanned && wizard->model().isSwitchover());
    QVERIFY(wizard.next() && wizard.next());
    QCOMPARE(wizard.step(), u"Plan"_s); // the primary hands over: no DR operation token
    wizard.type(u"confirmName"_s, u"lab-dr"_s);
    QVERIFY(wizard.next());
    QTRY_VERIFY2_WITH_TIMEOUT(wizard->model().plan().state() == PlanModel::State::Done, qPrintable(reasonOf(wizard->model().plan())), 60000);
    QTRY_VERIFY_WITH_TIMEOUT(m_fleet->state().node(u"lab-dr"_s)->status.dr.isPrimary(), 20000);
    // It also became the performance primary, and the data is there.
    QTRY_VERIFY_WITH_TIMEOUT(m_fleet->state().node(u"lab-dr"_s)->status.performance.isPrimary(), 20000);
    ApiRequest read;
    read.path = u"kv/before"_s;
    QVERIFY(QTest::qWaitFor([&] { return call(u"lab-dr"_s, read).has_value(); }, 20000));
}

void TestRealLab::letsTheOldPrimaryFollow()
{
    // After a switchover it follows without help. A cluster that was cut off before follows with the wizard and an operation token.
    QTRY_VERIFY_WITH_TIMEOUT(linksInSync().contains(u"lab-dr → lab-primary (disaster recovery)"_s), 20000);
    FollowModel::Choices choices;
    choices.clusterId = u"lab-primary"_s;
    choices.primaryId = u"lab-dr"_s;
    choices.type = ReplicationType::Dr;
    WizardDriver<FollowWizard> wizard{new FollowWizard{*m_fleet, m_log, choices, nullptr}};
    QVERIFY(!wizard->model().mustDemote());
    QVERIFY(wizard.next());
    QCOMPARE(wizard.step(), u"DR operation token"_s);
    makeToken(wizard, wizard->model().token());
    if (QTest::currentTestFailed()) return;
    QVERIFY(wizard.next() && wizard.next());
    QTRY_VERIFY2_WITH_TIMEOUT(wizard->model().plan().state() == PlanModel::State::Done, qPrintable(reasonOf(wizard->model().plan())), 60000);
    QTRY_VERIFY_WITH_TIMEOUT(linksInSync().contains(u"lab-dr → lab-primary (disaster recovery)"_s), 20000);
    for (int row = 0; row < m_log.rowCount(); ++row)
        QVERIFY2(m_log.entry(row).outcome == ActionLog::Outcome::Done, qPrintable(m_log.entry(row).text));
}

QTEST_MAIN(TestRealLab)
#include "tst_real_lab.moc"
