#include "tests/widgets/sample_fleet.h"
#include "tests/widgets/wizard_driver.h"
#include "widgets/look/theme.h"
#include "widgets/wizard/snapshot/snapshot_wizard.h"

#include <QCheckBox>
#include <QFile>
#include <QRadioButton>
#include <QSpinBox>
#include <QTemporaryDir>

#include <algorithm>

using namespace Qt::StringLiterals;
using namespace widgets;
using namespace std::chrono_literals;
using tests::WizardDriver;

class TestSnapshotWizard : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init();
    void savesToAFile();
    void restoresAfterTheNameIsTyped();
    void aForeignSnapshotNeedsForce();
    void setsUpASchedule();
    void editsAndRemovesASchedule();
    void refusesWhereTheFolderCannotBeWritten();
    void refusesAFileThatCannotBeRead();
    void dropsAnswersOfTheFormerCluster();

private:
    std::unique_ptr<WizardDriver<SnapshotWizard>> open();
    QString fileWith(const QByteArray& bytes);

    std::unique_ptr<tests::SampleFleet> m_sample;
    QTemporaryDir m_folder;
};

void TestSnapshotWizard::init()
{
    Theme::instance().apply(ThemeChoice::Light);
    m_sample = std::make_unique<tests::SampleFleet>();
    m_sample->pass(2);
}

std::unique_ptr<WizardDriver<SnapshotWizard>> TestSnapshotWizard::open()
{
    auto driver = std::make_unique<WizardDriver<SnapshotWizard>>(new SnapshotWizard{m_sample->model, m_sample->log, u"eu-central"_s, nullptr});
    (*driver)->model().plan().pollInterval = 1ms;
    return driver;
}

QString TestSnapshotWizard::fileWith(const QByteArray& bytes)
{
    QFile file{m_folder.filePath(u"given.snap"_s)};
    file.open(QIODevice::WriteOnly);
    file.write(bytes);
    return file.fileName();
}

void TestSnapshotWizard::savesToAFile()
{
    auto wizard = open();
    QVERIFY(wizard->next());
    const QString target = m_folder.filePath(u"saved.snap"_s);
    wizard->type(u"snapshotFile"_s, target);
    QVERIFY(wizard->next());
    QVERIFY(wizard->next());
    QVERIFY(wizard->next());
    QTRY_COMPARE((*wizard)->model().plan().state(), PlanModel::State::Done);
    QFile saved{target};
    QVERIFY(saved.open(QIODevice::ReadOnly));
    QCOMPARE(saved.readAll(), m_sample->fake.at(u"eu-central"_s).snapshot);
    QCOMPARE(m_sample->log.entry(0).command, u"holdfast operator raft snapshot save -address=https://vault.eu-central.example:8200 %1"_s.arg(target));
}

void TestSnapshotWizard::restoresAfterTheNameIsTyped()
{
    auto wizard = open();
    wizard->part<QRadioButton>(u"restore-a-snapshot"_s).click();
    QVERIFY(wizard->next());
    wizard->type(u"snapshotFile"_s, m_folder.filePath(u"missing.snap"_s));
    QVERIFY(!wizard->canGoOn());
    wizard->type(u"snapshotFile"_s, fileWith("bytes of a snapshot"));
    QVERIFY(wizard->next());
    QVERIFY(wizard->next());
    QVERIFY(!wizard->canGoOn());
    wizard->type(u"confirmName"_s, u"eu-central"_s);
    QVERIFY(wizard->next());
    QTRY_COMPARE((*wizard)->model().plan().state(), PlanModel::State::Done);
    QCOMPARE(m_sample->fake.at(u"eu-central"_s).restored, QByteArray{"bytes of a snapshot"});
}

void TestSnapshotWizard::aForeignSnapshotNeedsForce()
{
    for (const bool isForced : {false, true}) {
        auto wizard = open();
        wizard->part<QRadioButton>(u"restore-a-snapshot"_s).click();
        QVERIFY(wizard->next());
        wizard->type(u"snapshotFile"_s, fileWith("foreign snapshot"));
        if (isForced) wizard->part<QCheckBox>(u"snapshotForce"_s).click();
        QVERIFY(wizard->next());
        QVERIFY(wizard->next());
        wizard->type(u"confirmName"_s, u"eu-central"_s);
        QVERIFY(wizard->next());
        QTRY_COMPARE((*wizard)->model().plan().state(), isForced ? PlanModel::State::Done : PlanModel::State::Failed);
        if (!isForced) QVERIFY((*wizard)->model().plan().steps()[0].text.contains("snapshot-force"_L1));
    }
}

void TestSnapshotWizard::setsUpASchedule()
{
    auto wizard = open();
    wizard->part<QRadioButton>(u"automatic-snapshots"_s).click();
    QVERIFY(wizard->next());
    QVERIFY(!wizard->canGoOn());
    wizard->type(u"scheduleName"_s, u"daily"_s);
    wizard->type(u"schedulePath"_s, u"/var/backups/holdfast"_s);
    wizard->part<QSpinBox>(u"scheduleInterval"_s).setValue(24);
    wizard->part<QSpinBox>(u"scheduleSpace"_s).setValue(2);
    QVERIFY(wizard->next());
    QVERIFY(wizard->next());
    QVERIFY(wizard->next());
    QTRY_COMPARE((*wizard)->model().plan().state(), PlanModel::State::Done);
    const auto config = m_sample->fake.at(u"eu-central"_s).schedules.value(u"daily"_s);
    QCOMPARE(config.value("interval"_L1).toInt(), 86400);
    QCOMPARE(config.value("retain"_L1).toInt(), 7);
    QCOMPARE(config.value("storage_type"_L1).toString(), u"local"_s);
    QCOMPARE(config.value("local_max_space"_L1).toDouble(), 2e9);
    QVERIFY(m_sample->log.entry(0).command.contains(
        "interval=86400 local_max_space=2000000000 path_prefix=/var/backups/holdfast retain=7 storage_type=local"_L1));
}

void TestSnapshotWizard::editsAndRemovesASchedule()
{
    m_sample->fake.at(u"eu-central"_s)
        .schedules.insert(u"hourly"_s,
                          {{u"interval"_s, 7200}, {u"retain"_s, 3}, {u"path_prefix"_s, u"/srv/snaps"_s}, {u"local_max_space"_s, 5'000'000}});
    auto wizard = open();
    wizard->part<QRadioButton>(u"automatic-snapshots"_s).click();
    QVERIFY(wizard->next());
    QTRY_COMPARE((*wizard)->model().scheduleNames(), QStringList{u"hourly"_s});
    wizard->choose(u"scheduleExisting"_s, u"hourly"_s);
    QTRY_COMPARE(wizard->part<QSpinBox>(u"scheduleInterval"_s).value(), 2);
    QTRY_VERIFY(!(*wizard)->model().scheduleStatus().lastUrl.isEmpty());
    QCOMPARE(wizard->part<QLineEdit>(u"schedulePath"_s).text(), u"/srv/snaps"_s);
    wizard->part<QCheckBox>(u"scheduleDelete"_s).click();
    QVERIFY(wizard->next());
    QVERIFY(wizard->next());
    QVERIFY(wizard->next());
    QTRY_COMPARE((*wizard)->model().plan().state(), PlanModel::State::Done);
    QVERIFY(m_sample->fake.at(u"eu-central"_s).schedules.isEmpty());
}

void TestSnapshotWizard::refusesWhereTheFolderCannotBeWritten()
{
    auto wizard = open();
    QVERIFY(wizard->next());
    wizard->type(u"snapshotFile"_s, u"/proc/nowhere/x.snap"_s);
    QVERIFY(wizard->next());
    QTRY_VERIFY(!(*wizard)->model().preflight().checks().isEmpty());
    QVERIFY(!(*wizard)->model().preflight().isPassed());
    QVERIFY(!wizard->canGoOn());
}

// Class: a check passes because its reading failed. Looked at: the checks of files and folders in this wizard. Now a file without a checksum is bad.
void TestSnapshotWizard::refusesAFileThatCannotBeRead()
{
    SnapshotModel model{m_sample->model, m_sample->log};
    model.setCluster(u"eu-central"_s);
    model.setTask(SnapshotModel::Task::Restore);
    model.file = m_folder.path(); // a folder has a size and opens, but nothing can be read from it
    model.check();
    const auto& checks = model.preflight().checks();
    const auto bad = std::ranges::find(checks, u"%1 cannot be read"_s.arg(model.file), &CheckList::Check::text);
    QVERIFY(bad != checks.end());
    QCOMPARE(bad->verdict, CheckList::CheckState::Bad);
}

// Class: an answer about one cluster is shown for another, which was chosen while the request was under way. Looked at: all requests of this model.
// Now each answer is compared with the chosen cluster.
void TestSnapshotWizard::dropsAnswersOfTheFormerCluster()
{
    m_sample->fake.at(u"eu-central"_s).schedules.insert(u"nightly"_s, {{u"interval"_s, 3600}});
    SnapshotModel model{m_sample->model, m_sample->log};
    model.setCluster(u"eu-central"_s);
    model.loadSchedules();
    QTRY_COMPARE(model.scheduleNames(), QStringList{u"nightly"_s});
    model.loadSchedules();
    model.loadSchedule(u"nightly"_s);
    model.setCluster(u"us-east"_s);
    model.schedule.name = u"nightly"_s; // typed for the other cluster
    QCoreApplication::processEvents();  // delivers both answers
    QCOMPARE(model.scheduleNames(), QStringList{});
    QCOMPARE(model.schedule.intervalSeconds, 0);
}

QTEST_MAIN(TestSnapshotWizard)
#include "tst_snapshot_wizard.moc"
