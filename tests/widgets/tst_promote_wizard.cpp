#include "tests/widgets/sample_fleet.h"
#include "tests/widgets/wizard_driver.h"
#include "widgets/client/secret_text.h"
#include "widgets/look/theme.h"
#include "widgets/wizard/replication/follow_wizard.h"
#include "widgets/wizard/frame/page_parts.h"
#include "widgets/wizard/replication/promote_wizard.h"
#include "widgets/wizard/replication/role_wizard.h"

#include <QCheckBox>
#include <QLabel>
#include <QRadioButton>
#include <QSignalSpy>

#include <algorithm>

using namespace Qt::StringLiterals;
using namespace widgets;
using namespace std::chrono_literals;
using tests::WizardDriver;

class TestPromoteWizard : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init();
    void plannedDemotesFirstAndLosesNothing();
    void plannedSwitchesOverWhereThePrimaryCan();
    void unplannedShowsWhatIsLost();
    void makesTheOperationTokenFromShares();
    void aForeignAttemptCanBeAbandoned();
    void anAnswerOfAnotherClusterIsDropped();
    void aWrongShareIsReported();
    void letsTheOldPrimaryFollow();
    void reportSaysWhatTheOldPrimaryCanStillDo_data();
    void reportSaysWhatTheOldPrimaryCanStillDo();
    void performanceNeedsNoOperationToken();
    void waitsWhileTheSecondaryCatchesUp();
    void decodesTheToken_data();
    void decodesTheToken();
    void demotesByTheShortWizard();
    void disablesADrSecondaryWithItsToken();
    void revokesOnThePrimary();

private:
    std::unique_ptr<WizardDriver<PromoteWizard>> open(const QString& id);
    void typeToken(const WizardDriver<PromoteWizard>& wizard);

    std::unique_ptr<tests::SampleFleet> m_sample;
};

void TestPromoteWizard::init()
{
    Theme::instance().apply(ThemeChoice::Light);
    m_sample = std::make_unique<tests::SampleFleet>();
    m_sample->pass(3);
}

std::unique_ptr<WizardDriver<PromoteWizard>> TestPromoteWizard::open(const QString& id)
{
    auto driver = std::make_unique<WizardDriver<PromoteWizard>>(new PromoteWizard{m_sample->model, m_sample->log, id, nullptr});
    (*driver)->model().plan().pollInterval = 1ms;
    return driver;
}

void TestPromoteWizard::typeToken(const WizardDriver<PromoteWizard>& wizard)
{
    wizard.part<QRadioButton>(u"type-the-token"_s).click();
    wizard.type(u"drToken"_s, QLatin1StringView{tests::FakeFleet::kDrToken});
}

void TestPromoteWizard::plannedDemotesFirstAndLosesNothing()
{
    auto wizard = open(u"eu-west"_s);
    QVERIFY((*wizard)->model().choices().isPlanned);
    QVERIFY(wizard->next());
    QCOMPARE((*wizard)->model().loss().missing, 0);
    QVERIFY(wizard->next());
    typeToken(*wizard);
    QVERIFY(wizard->next());
    QVERIFY(!wizard->canGoOn());
    wizard->type(u"confirmName"_s, u"eu-west"_s);
    QVERIFY(wizard->next());
    QTRY_COMPARE((*wizard)->model().plan().state(), PlanModel::State::Done);
    QCOMPARE(m_sample->fake.at(u"eu-central"_s).dr.mode, u"secondary"_s);
    QCOMPARE(m_sample->fake.at(u"eu-west"_s).dr.mode, u"primary"_s);
    const auto paths = m_sample->fake.pathsCalled();
    QVERIFY(paths.indexOf(u"eu-central sys/replication/dr/primary/demote"_s) < paths.indexOf(u"eu-west sys/replication/dr/secondary/promote"_s));
}

void TestPromoteWizard::plannedSwitchesOverWhereThePrimaryCan()
{
    m_sample->fake.at(u"eu-central"_s).dr.epoch = 4;
    m_sample->pass(2);
    auto wizard = open(u"eu-west"_s);
    QVERIFY((*wizard)->model().isSwitchover());
    QVERIFY(wizard->next());
    QVERIFY(wizard->next());
    // No DR operation token: the primary does everything and needs only its own token.
    wizard->type(u"confirmName"_s, u"eu-west"_s);
    QVERIFY(wizard->next());
    QTRY_COMPARE((*wizard)->model().plan().state(), PlanModel::State::Done);
    QCOMPARE(m_sample->fake.at(u"eu-west"_s).dr.mode, u"primary"_s);
    QCOMPARE(m_sample->fake.at(u"eu-central"_s).dr.mode, u"secondary"_s);
    QCOMPARE(m_sample->fake.at(u"eu-central"_s).dr.primary, u"eu-west"_s);
    const auto paths = m_sample->fake.pathsCalled();
    QVERIFY(paths.contains(u"eu-central sys/replication/dr/primary/switchover"_s));
    QVERIFY(!paths.contains(u"eu-central sys/replication/dr/primary/demote"_s));
    QVERIFY(!paths.contains(u"eu-west sys/replication/dr/secondary/promote"_s));
}

void TestPromoteWizard::unplannedShowsWhatIsLost()
{
    m_sample->fake.at(u"eu-west"_s).dr.behind = 17;
    m_sample->pass(2);
    m_sample->fake.at(u"eu-central"_s).isReachable = false;
    m_sample->writesPerSecond = 0;
    m_sample->pass(1);
    auto wizard = open(u"eu-west"_s);
    QVERIFY(!(*wizard)->model().choices().isPlanned);
    const auto loss = (*wizard)->model().loss();
    QVERIFY(!loss.isPrimaryReachable);
    QVERIFY(loss.missing <= 17 && loss.missing > 0);
    QVERIFY(wizard->next());
    QVERIFY(wizard->next());
    typeToken(*wizard);
    QVERIFY(wizard->next());
    wizard->type(u"confirmName"_s, u"eu-west"_s);
    QVERIFY(wizard->next());
    QTRY_COMPARE((*wizard)->model().plan().state(), PlanModel::State::Done);
    QVERIFY(!m_sample->fake.pathsCalled().contains(u"eu-central sys/replication/dr/primary/demote"_s));
}

void TestPromoteWizard::makesTheOperationTokenFromShares()
{
    auto wizard = open(u"eu-west"_s);
    QVERIFY(wizard->next());
    QVERIFY(wizard->next());
    auto& token = (*wizard)->model().token();
    QVERIFY(!wizard->canGoOn());
    wizard->press(u"sharesBegin"_s);
    QTRY_VERIFY(token.isStarted());
    for (int i = 0; i < tests::FakeFleet::kSharesNeeded; ++i) {
        QTRY_VERIFY(!token.isBusy());
        wizard->type(u"keyShare"_s, u"share%1"_s.arg(i));
        wizard->press(u"shareGive"_s);
        QTRY_COMPARE(token.progress(), i + 1);
    }
    QTRY_COMPARE(textOf(token.token()), QString::fromLatin1(tests::FakeFleet::kDrToken));
    QVERIFY(wizard->canGoOn());
    for (int row = 0; row < m_sample->log.rowCount(); ++row) {
        QVERIFY(!m_sample->log.entry(row).command.contains("share0"_L1));
        QVERIFY(!m_sample->log.entry(row).command.contains(QLatin1StringView{tests::FakeFleet::kDrToken}));
    }
}

/// Class: a late answer to an earlier choice fills the page of a later choice. Here it would send shares, or the operation token of another
/// cluster, to the wrong cluster.
void TestPromoteWizard::anAnswerOfAnotherClusterIsDropped()
{
    OperationToken token{m_sample->log};
    token.setCluster(ClusterRef::of(m_sample->model, u"eu-west"_s));
    m_sample->fake.hold(u"sys/replication/dr/secondary/generate-operation-token/attempt"_s);
    token.start();
    QTRY_COMPARE(m_sample->fake.heldCount(), 1);
    token.setCluster(ClusterRef::of(m_sample->model, u"lab-primary"_s));
    QVERIFY(!token.isBusy()); // calls to the other cluster can start at once
    m_sample->fake.release();
    QTRY_COMPARE(m_sample->log.entry(m_sample->log.rowCount() - 1).outcome, ActionLog::Outcome::Done);
    QVERIFY(!token.isStarted());
    QCOMPARE(token.progress(), 0);
}

void TestPromoteWizard::aForeignAttemptCanBeAbandoned()
{
    m_sample->fake.at(u"eu-west"_s).nonce = u"somebody-elses"_s;
    auto wizard = open(u"eu-west"_s);
    QVERIFY(wizard->next());
    QVERIFY(wizard->next());
    auto& token = (*wizard)->model().token();
    wizard->press(u"sharesBegin"_s);
    QTRY_VERIFY(token.isForeignAttempt());
    QVERIFY(!token.problem().isEmpty());
    wizard->press(u"sharesAbandon"_s);
    QTRY_VERIFY(!token.isForeignAttempt() && !token.isBusy());
    wizard->press(u"sharesBegin"_s);
    QTRY_VERIFY(token.isStarted());
}

void TestPromoteWizard::aWrongShareIsReported()
{
    auto wizard = open(u"eu-west"_s);
    QVERIFY(wizard->next());
    QVERIFY(wizard->next());
    auto& token = (*wizard)->model().token();
    wizard->press(u"sharesBegin"_s);
    QTRY_VERIFY(token.isStarted() && !token.isBusy());
    wizard->type(u"keyShare"_s, u"nonsense"_s);
    wizard->press(u"shareGive"_s);
    QTRY_VERIFY(token.problem().contains("must be a valid hex"_L1));
    QCOMPARE(token.progress(), 0);
}

void TestPromoteWizard::letsTheOldPrimaryFollow()
{
    // As after an unplanned promotion: both are primaries of one set.
    auto& oldPrimary = m_sample->fake.at(u"eu-central"_s);
    m_sample->fake.at(u"eu-west"_s).dr = tests::FakeRole{};
    m_sample->fake.at(u"eu-west"_s).dr.mode = u"primary"_s;
    m_sample->fake.at(u"eu-west"_s).dr.setId = oldPrimary.dr.setId;
    m_sample->pass(2);
    FollowModel::Choices choices;
    choices.clusterId = u"eu-central"_s;
    choices.primaryId = u"eu-west"_s;
    choices.type = ReplicationType::Dr;
    WizardDriver<FollowWizard> wizard{new FollowWizard{m_sample->model, m_sample->log, choices, nullptr}};
    wizard->model().plan().pollInterval = wizard->model().demotion().pollInterval = 1ms;
    QVERIFY(wizard->model().mustDemote());
    QVERIFY(wizard.next());
    QCOMPARE(wizard.step(), u"Demote"_s);
    wizard.type(u"confirmName"_s, u"eu-central"_s);
    QVERIFY(wizard.next());
    QTRY_COMPARE(wizard.step(), u"DR operation token"_s);
    QCOMPARE(oldPrimary.dr.mode, u"secondary"_s);
    wizard.part<QRadioButton>(u"type-the-token"_s).click();
    wizard.type(u"drToken"_s, QLatin1StringView{tests::FakeFleet::kDrToken});
    QVERIFY(wizard.next());
    QVERIFY(wizard.next());
    QTRY_COMPARE(wizard->model().plan().state(), PlanModel::State::Done);
    QCOMPARE(oldPrimary.dr.primary, u"eu-west"_s);
}

void TestPromoteWizard::reportSaysWhatTheOldPrimaryCanStillDo_data()
{
    QTest::addColumn<bool>("isPlanned");
    QTest::addRow("planned: the primary was demoted") << true;
    QTest::addRow("unplanned: the primary may still run") << false;
}

// Class: a text about one case is shown in all cases. Looked at: the preflight and the report of each wizard for roles. A demoted primary accepts no
// writes. Other secondaries need a new token only if the promoted cluster has no right to succeed. Now each case has its own sentence.
void TestPromoteWizard::reportSaysWhatTheOldPrimaryCanStillDo()
{
    QFETCH(bool, isPlanned);
    auto wizard = open(u"us-east"_s);
    auto choices = (*wizard)->model().choices();
    choices.isPlanned = isPlanned;
    (*wizard)->model().choose(choices);
    (*wizard)->model().check();
    const auto& checks = (*wizard)->model().preflight().checks();
    const bool areOthersNamed =
        std::ranges::any_of(checks, [](const auto& check) { return check.text == u"Other secondaries of this primary: ap-south"_s; });
    QVERIFY(areOthersNamed);
    QVERIFY(wizard->next());
    QVERIFY(wizard->next());
    wizard->type(u"confirmName"_s, u"us-east"_s);
    QVERIFY(wizard->next());
    QTRY_COMPARE(wizard->step(), u"Report"_s);
    const auto text = wizard->part<QLabel>(u"reportNext"_s).text();
    QCOMPARE(text.contains(u"eu-central is demoted. Make it a secondary of us-east."_s), isPlanned);
    QCOMPARE(text.contains(u"eu-central can still accept writes if it runs"_s), !isPlanned);
    QVERIFY2(text.contains(u"Check that these follow us-east: ap-south."_s), qPrintable(text));
}

void TestPromoteWizard::performanceNeedsNoOperationToken()
{
    auto wizard = open(u"us-east"_s);
    QVERIFY(wizard->next());
    QVERIFY(wizard->next());
    QCOMPARE(wizard->step(), u"Plan"_s);
    wizard->type(u"confirmName"_s, u"us-east"_s);
    QVERIFY(wizard->next());
    QTRY_COMPARE((*wizard)->model().plan().state(), PlanModel::State::Done);
    QCOMPARE(m_sample->fake.at(u"us-east"_s).performance.mode, u"primary"_s);
    QCOMPARE((*wizard)->model().otherSecondaries(), QStringList{u"ap-south"_s});
    QSignalSpy follow{(*wizard).operator->(), &PromoteWizard::followRequested};
    QTRY_COMPARE(wizard->step(), u"Report"_s);
    wizard->press(u"letFollow"_s);
    QCOMPARE(follow.size(), 1);
    QCOMPARE(follow[0][0].toString(), u"eu-central"_s);
}

void TestPromoteWizard::waitsWhileTheSecondaryCatchesUp()
{
    auto wizard = open(u"us-east"_s);
    m_sample->fake.failNext(u"sys/replication/performance/secondary/promote"_s, {core::ErrorCode::Unavailable, "replication is still catching up"},
                            3);
    QVERIFY(wizard->next());
    QVERIFY(wizard->next());
    wizard->type(u"confirmName"_s, u"us-east"_s);
    QVERIFY(wizard->next());
    QTRY_COMPARE((*wizard)->model().plan().state(), PlanModel::State::Done);
}

void TestPromoteWizard::decodesTheToken_data()
{
    QTest::addColumn<QString>("encoded");
    QTest::addColumn<QString>("otp");
    QTest::addColumn<QString>("token");
    QTest::newRow("without padding") << u"AAMAYQ"_s << u"hups"_s << u"hvp\x12"_s;
    QTest::newRow("with padding") << u"AAMAYQ=="_s << u"hups"_s << u"hvp\x12"_s;
    QTest::newRow("length differs") << u"AAMAYQ"_s << u"hup"_s << QString{};
    QTest::newRow("no base64") << u"!!!!"_s << u"hups"_s << QString{};
}

void TestPromoteWizard::decodesTheToken()
{
    QFETCH(QString, encoded);
    QFETCH(QString, otp);
    QTEST(textOf(decodeOperationToken(encoded, secretOf(otp))), "token");
}

void TestPromoteWizard::demotesByTheShortWizard()
{
    WizardDriver<RoleWizard> wizard{new RoleWizard{m_sample->model, m_sample->log, Command::Demote, u"lab-primary"_s, nullptr}};
    wizard->plan().pollInterval = 1ms;
    QCOMPARE(wizard.step(), u"Type"_s);
    QVERIFY(wizard.next());
    wizard.type(u"confirmName"_s, u"lab-primary"_s);
    QVERIFY(wizard.next());
    QTRY_COMPARE(wizard->plan().state(), PlanModel::State::Done);
    QCOMPARE(m_sample->fake.at(u"lab-primary"_s).performance.mode, u"secondary"_s);
    QCOMPARE(m_sample->fake.at(u"lab-primary"_s).dr.mode, u"primary"_s);
}

void TestPromoteWizard::disablesADrSecondaryWithItsToken()
{
    WizardDriver<RoleWizard> wizard{new RoleWizard{m_sample->model, m_sample->log, Command::Disable, u"lab-dr"_s, nullptr}};
    wizard->plan().pollInterval = 1ms;
    QCOMPARE(wizard.step(), u"DR operation token"_s);
    wizard.part<QRadioButton>(u"type-the-token"_s).click();
    wizard.type(u"drToken"_s, QLatin1StringView{tests::FakeFleet::kDrToken});
    QVERIFY(wizard.next());
    wizard.type(u"confirmName"_s, u"lab-dr"_s);
    QVERIFY(wizard.next());
    QTRY_COMPARE(wizard->plan().state(), PlanModel::State::Done);
    QCOMPARE(m_sample->fake.at(u"lab-dr"_s).dr.mode, u"disabled"_s);
}

void TestPromoteWizard::revokesOnThePrimary()
{
    WizardDriver<RoleWizard> wizard{new RoleWizard{m_sample->model, m_sample->log, Command::Revoke, u"ap-south"_s, nullptr}};
    QCOMPARE(wizard.step(), u"Plan"_s);
    wizard.type(u"confirmName"_s, u"ap-south"_s);
    QVERIFY(wizard.next());
    QTRY_COMPARE(wizard->plan().state(), PlanModel::State::Done);
    QVERIFY(!m_sample->fake.at(u"eu-central"_s).performance.known.contains(u"ap-south-1"_s));
}

QTEST_MAIN(TestPromoteWizard)
#include "tst_promote_wizard.moc"
