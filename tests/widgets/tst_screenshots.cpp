// Saves pictures of the console with the sample fleet in the build tree, for people, and checks that no picture is blank.
// With HOLDFAST_SHOT_SUFFIX set (by the run at another scale) the names of the files differ.
#include "tests/widgets/sample_fleet.h"
#include "widgets/look/theme.h"
#include "widgets/look/translations.h"
#include "widgets/shell/main_window.h"
#include "widgets/topology/topology_view.h"
#include "widgets/dialogs/connection_dialog.h"
#include "widgets/wizard/replication/enable_wizard.h"
#include "widgets/wizard/replication/follow_wizard.h"
#include "widgets/wizard/replication/promote_wizard.h"
#include "widgets/wizard/replication/role_wizard.h"
#include "widgets/wizard/snapshot/snapshot_wizard.h"
#include "widgets/wizard/frame/wizard_page.h"

#include <QDir>
#include <QImage>
#include <QComboBox>
#include <QLineEdit>
#include <QPushButton>
#include <QRadioButton>
#include <QSpinBox>
#include <QTest>

using namespace Qt::StringLiterals;
using namespace widgets;

class TestScreenshots : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void mainWindow_data();
    void mainWindow();
    void enableWizard();
    void promoteWizard();
    void snapshotWizard();
    void otherDialogs();
    void brokenFleet();

private:
    void nextPage(WizardDialog& wizard);
    void keep(QWidget& widget, const QString& name);
    void fillLog(ActionLog& log);
};

void TestScreenshots::initTestCase()
{
    installTopologyAccessibility();
    const QString language = qEnvironmentVariable("HOLDFAST_SHOT_LANGUAGE", u"en"_s);
    installTranslations(*qApp, QLocale{language});
}

void TestScreenshots::keep(QWidget& widget, const QString& name)
{
    const QDir folder{QStringLiteral(HOLDFAST_BINARY_DIR) + u"/screenshots"_s};
    QVERIFY(folder.mkpath(u"."_s));
    QTest::qWait(40); // layouts settle
    const QImage image = widget.grab().toImage();
    QVERIFY(image.save(folder.filePath(name + qEnvironmentVariable("HOLDFAST_SHOT_SUFFIX") + u".png"_s)));
    QSet<QRgb> colours;
    for (int x = 0; x < image.width(); x += 3) {
        for (int y = 0; y < image.height(); y += 3) colours.insert(image.pixel(x, y));
    }
    QVERIFY(colours.size() > 20);
}

void TestScreenshots::fillLog(ActionLog& log)
{
    const auto at = [](int h, int m, int s) { return QDateTime{QDate::currentDate(), QTime{h, m, s}}; };
    log.add({at(14, 2, 11),
             u"eu-central"_s,
             u"Secondary token created for ap-south-1 (used 14:02:40)"_s,
             u"holdfast write sys/replication/performance/primary/secondary-token id=ap-south-1"_s,
             ActionLog::Outcome::Done,
             {}});
    log.add({at(14, 2, 40),
             u"ap-south"_s,
             u"Activated as performance secondary"_s,
             u"holdfast write sys/replication/performance/secondary/enable token=@token.txt"_s,
             ActionLog::Outcome::Done,
             {}});
    log.add({at(14, 3, 5),
             u"ap-south"_s,
             u"First sync done: 1,204,118 keys, roots equal"_s,
             u"holdfast read sys/replication/performance/status"_s,
             ActionLog::Outcome::Done,
             {}});
}

void TestScreenshots::mainWindow_data()
{
    QTest::addColumn<bool>("isDark");
    QTest::addColumn<bool>("isMirrored");
    QTest::addColumn<QString>("name");
    QTest::newRow("light") << false << false << u"main-light"_s;
    QTest::newRow("dark") << true << false << u"main-dark"_s;
    QTest::newRow("right to left") << false << true << u"main-rtl"_s;
}

void TestScreenshots::mainWindow()
{
    QFETCH(bool, isDark);
    QFETCH(bool, isMirrored);
    QFETCH(QString, name);
    Theme::instance().apply(isDark ? ThemeChoice::Dark : ThemeChoice::Light);
    QApplication::setLayoutDirection(isMirrored ? Qt::RightToLeft : Qt::LeftToRight);
    tests::SampleFleet sample;
    fillLog(sample.log);
    MainWindow window{sample.model, sample.log, *sample.store};
    window.show();
    sample.pass(12);
    for (int i = 0; i < 40; ++i) {
        sample.fake.at(u"ap-south"_s).performance.behind += 1100;
        sample.pass(1);
    }
    window.select(u"ap-south"_s);
    QTest::qWait(200);
    keep(window, name);
    QApplication::setLayoutDirection(Qt::LeftToRight);
}

void TestScreenshots::nextPage(WizardDialog& wizard)
{
    auto* next = wizard.findChild<QPushButton*>(u"wizardNext"_s);
    QTRY_VERIFY(next->isEnabled());
    wizard.next();
    QTest::qWait(60);
}

void TestScreenshots::enableWizard()
{
    Theme::instance().apply(ThemeChoice::Light);
    tests::SampleFleet sample;
    sample.fake.add(u"us-west"_s).mounts.insert(u"transit/"_s, QJsonObject{{u"type"_s, u"transit"_s}});
    sample.connectCluster(u"us-west"_s, u"Production"_s, {}, true);
    sample.pass(3);
    QPointer<EnableWizard> wizard = new EnableWizard{sample.model, sample.log, u"eu-central"_s, nullptr};
    wizard->model().plan().pollInterval = std::chrono::milliseconds{1};
    wizard->open();
    auto* combo = wizard->findChild<QComboBox*>(u"enableSecondary"_s);
    combo->setCurrentIndex(combo->findData(u"us-west"_s));
    keep(*wizard, u"enable-1"_s);
    nextPage(*wizard);
    keep(*wizard, u"enable-2"_s);
    nextPage(*wizard);
    QTest::keyClicks(wizard->currentPage()->findChild<QLineEdit*>(u"confirmName"_s), u"us-west"_s);
    keep(*wizard, u"enable-3"_s);
    nextPage(*wizard);
    keep(*wizard, u"enable-4"_s);
    sample.fake.failNext(u"sys/replication/performance/secondary/enable"_s,
                         {core::ErrorCode::Internal, "error unwrapping secondary token: dial tcp 10.0.0.7:8200: i/o timeout"});
    nextPage(*wizard);
    QTRY_COMPARE(wizard->model().plan().state(), PlanModel::State::Failed);
    keep(*wizard, u"enable-5-failed"_s);
    wizard->model().plan().retry();
    QTRY_COMPARE(wizard->model().plan().state(), PlanModel::State::Done);
    QTest::qWait(30);
    keep(*wizard, u"enable-6"_s);
    delete wizard;
}

void TestScreenshots::promoteWizard()
{
    Theme::instance().apply(ThemeChoice::Dark);
    tests::SampleFleet sample;
    sample.pass(3);
    sample.fake.at(u"eu-west"_s).dr.behind = 17;
    sample.pass(2);
    sample.fake.at(u"eu-central"_s).isReachable = false;
    sample.writesPerSecond = 0;
    sample.pass(1);
    QPointer<PromoteWizard> wizard = new PromoteWizard{sample.model, sample.log, u"eu-west"_s, nullptr};
    wizard->model().plan().pollInterval = std::chrono::milliseconds{1};
    wizard->open();
    keep(*wizard, u"promote-1"_s);
    nextPage(*wizard);
    keep(*wizard, u"promote-2"_s);
    nextPage(*wizard);
    auto& token = wizard->model().token();
    token.start();
    QTRY_VERIFY(token.isStarted() && !token.isBusy());
    token.addShare(u"share1"_s);
    QTRY_COMPARE(token.progress(), 1);
    QTest::qWait(20);
    keep(*wizard, u"promote-3"_s);
    token.setToken(QLatin1StringView{tests::FakeFleet::kDrToken});
    nextPage(*wizard);
    QTest::keyClicks(wizard->currentPage()->findChild<QLineEdit*>(u"confirmName"_s), u"eu-west"_s);
    keep(*wizard, u"promote-4"_s);
    nextPage(*wizard);
    QTRY_COMPARE(wizard->model().plan().state(), PlanModel::State::Done);
    QTest::qWait(30);
    keep(*wizard, u"promote-6"_s);
    delete wizard;
}

void TestScreenshots::snapshotWizard()
{
    Theme::instance().apply(ThemeChoice::Light);
    tests::SampleFleet sample;
    sample.fake.at(u"eu-central"_s)
        .schedules.insert(u"daily"_s,
                          {{u"interval"_s, 86400}, {u"retain"_s, 7}, {u"path_prefix"_s, u"/var/backups/holdfast"_s}, {u"local_max_space"_s, 2e9}});
    sample.pass(3);
    QPointer<SnapshotWizard> wizard = new SnapshotWizard{sample.model, sample.log, u"eu-central"_s, nullptr};
    wizard->open();
    wizard->findChild<QRadioButton*>(u"automatic-snapshots"_s)->click();
    keep(*wizard, u"snapshot-1"_s);
    nextPage(*wizard);
    auto* existing = wizard->findChild<QComboBox*>(u"scheduleExisting"_s);
    QTRY_COMPARE(existing->count(), 2);
    existing->setCurrentIndex(1);
    QTRY_COMPARE(wizard->findChild<QSpinBox*>(u"scheduleRetain"_s)->value(), 7);
    QTRY_VERIFY(!wizard->model().scheduleStatus().lastUrl.isEmpty());
    QTest::qWait(30);
    keep(*wizard, u"snapshot-2"_s);
    nextPage(*wizard);
    nextPage(*wizard);
    keep(*wizard, u"snapshot-4"_s);
    delete wizard;
}

void TestScreenshots::otherDialogs()
{
    Theme::instance().apply(ThemeChoice::Light);
    tests::SampleFleet sample{false};
    sample.pass(3);
    QPointer<ConnectionDialog> connection = new ConnectionDialog{sample.model, *sample.store, u"eu-central"_s, nullptr};
    connection->open();
    QTest::qWait(30);
    keep(*connection, u"connection"_s);
    delete connection;
    QPointer<FollowWizard> follow = new FollowWizard{sample.model, sample.log, {u"ap-south"_s, {}, ReplicationType::Performance, {}, {}}, nullptr};
    follow->open();
    QTest::qWait(60);
    keep(*follow, u"follow-1"_s);
    delete follow;
    QPointer<RoleWizard> role = new RoleWizard{sample.model, sample.log, Command::Revoke, u"ap-south"_s, nullptr};
    role->open();
    keep(*role, u"revoke-1"_s);
    delete role;
}

void TestScreenshots::brokenFleet()
{
    Theme::instance().apply(ThemeChoice::Light);
    tests::SampleFleet sample;
    MainWindow window{sample.model, sample.log, *sample.store};
    window.show();
    sample.pass(6);
    sample.fake.at(u"us-east"_s).performance.connection = u"transient_failure"_s;
    sample.fake.at(u"ap-south"_s).performance.state = u"merkle-sync"_s;
    sample.fake.at(u"eu-west"_s).isSealed = true;
    sample.fake.at(u"lab-perf"_s).isReachable = false;
    sample.fake.at(u"lab-dr"_s).dr.hasDifferentRoot = true;
    sample.pass(12);
    window.select(sample.model.state().feeding(u"us-east"_s)->id());
    window.findChild<QPushButton*>(u"problemCount"_s)->click();
    QTest::qWait(50);
    keep(window, u"broken"_s);
    auto* view = window.findChild<TopologyView*>();
    view->setZoom(0.45);
    keep(*view, u"zoom-middle"_s);
    view->setZoom(0.2);
    keep(*view, u"zoom-dots"_s);
    view->setZoom(0.9);
    sample.fake.at(u"eu-central"_s).performance.replacedBy = u"us-east"_s;
    sample.pass(6);
    window.select(u"eu-central"_s);
    auto* demote = window.findChild<QPushButton*>(u"inspectorDemote"_s); // the problem's next step
    QVERIFY(demote);
    QTRY_VERIFY(demote->isVisible());
    keep(window, u"fenced"_s);
}

QTEST_MAIN(TestScreenshots)
#include "tst_screenshots.moc"
