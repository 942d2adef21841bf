#include "tests/widgets/sample_fleet.h"
#include "tests/widgets/wizard_driver.h"
#include "widgets/look/theme.h"
#include "widgets/wizard/replication/enable_wizard.h"
#include "widgets/wizard/frame/page_parts.h"
#include "widgets/wizard/replication/promote_wizard.h"
#include "widgets/wizard/replication/role_wizard.h"

#include <QJsonArray>

using namespace Qt::StringLiterals;
using namespace widgets;
using namespace std::chrono_literals;
using tests::WizardDriver;

/// The class: a wizard says that nothing was changed, although a request was sent. Every wizard did that, because it knew only its
/// finished steps. What holds: a sent request cannot be cancelled. From then on no wizard offers Cancel, and the action log says "sent,
/// outcome unknown" until an answer or the cluster's status shows the outcome. Looked at: enable, promote, update primary, demote,
/// disable, revoke (all use Steps::request) and restore (its own step). A download changes nothing and can be cancelled.
class TestSentRequests : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init();
    void leavingIsNoCancelling_data();
    void leavingIsNoCancelling();
    void aLostAnswerIsNoFailure();
    void whatWasNotSentIsCancelled();
    void allWarningsAreShown();

private:
    /// Walks through a wizard to its Run page, where the request to `path` is held.
    WizardDialog& walk(const QString& what);
    QPushButton& cancelButton(const WizardDialog& wizard) const { return *wizard.findChild<QPushButton*>(u"wizardCancel"_s); }
    const ActionLog::Entry& lastEntry() const { return m_sample->log.entry(m_sample->log.rowCount() - 1); }

    std::unique_ptr<tests::SampleFleet> m_sample;
    std::unique_ptr<WizardDriver<EnableWizard>> m_enable;
    std::unique_ptr<WizardDriver<PromoteWizard>> m_promote;
    std::unique_ptr<WizardDriver<RoleWizard>> m_role;
};

void TestSentRequests::init()
{
    Theme::instance().apply(ThemeChoice::Light);
    m_enable.reset();
    m_promote.reset();
    m_role.reset();
    m_sample = std::make_unique<tests::SampleFleet>();
    m_sample->fake.add(u"us-west"_s);
    m_sample->connectCluster(u"us-west"_s, u"Production"_s, {}, false);
    m_sample->pass(3);
}

WizardDialog& TestSentRequests::walk(const QString& what)
{
    if (what == "enable"_L1) {
        m_enable = std::make_unique<WizardDriver<EnableWizard>>(new EnableWizard{m_sample->model, m_sample->log, u"eu-central"_s, nullptr});
        auto& wizard = *m_enable;
        wizard->setAttribute(Qt::WA_DeleteOnClose, false);
        wizard->model().plan().pollInterval = 1ms;
        wizard.choose(u"enableSecondary"_s, u"us-west"_s);
        wizard.next();
        wizard.next();
        wizard.type(u"confirmName"_s, u"us-west"_s);
        wizard.next();
        wizard.next();
        return *wizard.operator->();
    }
    if (what == "promote"_L1) {
        m_promote = std::make_unique<WizardDriver<PromoteWizard>>(new PromoteWizard{m_sample->model, m_sample->log, u"us-east"_s, nullptr});
        auto& wizard = *m_promote;
        wizard->setAttribute(Qt::WA_DeleteOnClose, false);
        wizard->model().plan().pollInterval = 1ms;
        auto choices = wizard->model().choices();
        choices.isPlanned = false;
        wizard->model().choose(choices);
        while (wizard.step() != "Run"_L1) {
            if (auto* name = wizard->currentPage()->findChild<QLineEdit*>(u"confirmName"_s); name && name->text().isEmpty())
                QTest::keyClicks(name, u"us-east"_s);
            if (!wizard.next()) qFatal("the promote wizard does not continue at %s", qPrintable(wizard.step()));
        }
        return *wizard.operator->();
    }
    const auto command = what == "demote"_L1 ? Command::Demote : what == "disable"_L1 ? Command::Disable : Command::Revoke;
    const QString cluster = what == "demote"_L1 ? u"eu-central"_s : u"us-east"_s;
    m_role = std::make_unique<WizardDriver<RoleWizard>>(new RoleWizard{m_sample->model, m_sample->log, command, cluster, nullptr});
    auto& wizard = *m_role;
    wizard->setAttribute(Qt::WA_DeleteOnClose, false);
    while (wizard.step() != "Run"_L1) {
        if (auto* name = wizard->currentPage()->findChild<QLineEdit*>(u"confirmName"_s)) QTest::keyClicks(name, cluster);
        if (!wizard.next()) qFatal("the wizard does not continue at %s", qPrintable(wizard.step()));
    }
    return *wizard.operator->();
}

void TestSentRequests::leavingIsNoCancelling_data()
{
    QTest::addColumn<QString>("what");
    QTest::addColumn<QString>("path");
    QTest::newRow("activation") << u"enable"_s << u"sys/replication/performance/secondary/enable"_s;
    QTest::newRow("promotion") << u"promote"_s << u"sys/replication/performance/secondary/promote"_s;
    QTest::newRow("demotion") << u"demote"_s << u"sys/replication/performance/primary/demote"_s;
    QTest::newRow("disabling") << u"disable"_s << u"sys/replication/performance/secondary/disable"_s;
    QTest::newRow("revocation") << u"revoke"_s << u"sys/replication/performance/primary/revoke-secondary"_s;
}

void TestSentRequests::leavingIsNoCancelling()
{
    QFETCH(QString, what);
    QFETCH(QString, path);
    m_sample->fake.hold(path);
    auto& wizard = walk(what);
    QTRY_COMPARE(m_sample->fake.heldCount(), 1);
    QTRY_COMPARE(cancelButton(wizard).text(), u"Leave; it may still happen"_s);
    const QString note = wizard.currentPage()->cancelNote();
    QVERIFY2(note.contains(u"may still happen"_s), qPrintable(note));
    for (const auto& untrue : {u"not used"_s, u"Nothing has been changed"_s, u"Cancel"_s}) QVERIFY2(!note.contains(untrue), qPrintable(note));

    QTest::mouseClick(&cancelButton(wizard), Qt::LeftButton);
    QVERIFY(!wizard.isVisible());
    QCOMPARE(lastEntry().outcome, ActionLog::Outcome::Sent);
    QCOMPARE(lastEntry().detail, u"sent, outcome unknown"_s);
    m_sample->pass(1);
    m_sample->log.look(m_sample->model.state());
    QCOMPARE(lastEntry().outcome, ActionLog::Outcome::Sent); // it has not happened yet

    // The wizard no longer exists when the request takes effect, so nobody takes the answer.
    m_enable.reset();
    m_promote.reset();
    m_role.reset();
    const int row = m_sample->log.rowCount() - 1;
    m_sample->log.leave(row, lastEntry().effect);
    m_sample->fake.release();
    m_sample->pass(5);
    m_sample->log.look(m_sample->model.state());
    QCOMPARE(lastEntry().outcome, ActionLog::Outcome::Done);
    QVERIFY2(!lastEntry().detail.isEmpty(), "says how it became known");
}

void TestSentRequests::aLostAnswerIsNoFailure()
{
    m_sample->fake.failNext(u"sys/replication/performance/secondary/enable"_s, {core::ErrorCode::Timeout, "no answer"});
    auto& wizard = walk(u"enable"_s);
    auto& plan = m_enable->operator->()->model().plan();
    QTRY_COMPARE(plan.state(), PlanModel::State::Failed);
    QCOMPARE(plan.steps()[1].state, PlanStep::State::Lost);
    QCOMPARE(wizard.currentPage()->heading(), u"A step was not answered"_s);
    QVERIFY(wizard.currentPage()->cancelNote().contains(u"may still happen"_s));
    QCOMPARE(lastEntry().outcome, ActionLog::Outcome::Sent);
}

void TestSentRequests::whatWasNotSentIsCancelled()
{
    m_sample->fake.failNext(u"sys/replication/performance/secondary/enable"_s, {core::ErrorCode::InvalidArgument, "refused"});
    auto& wizard = walk(u"enable"_s);
    QTRY_COMPARE(m_enable->operator->()->model().plan().state(), PlanModel::State::Failed);
    QCOMPARE(cancelButton(wizard).text(), u"Cancel"_s);
    QCOMPARE(lastEntry().outcome, ActionLog::Outcome::Failed);
    QVERIFY(wizard.currentPage()->cancelNote().contains(u"eu-central lists the secondary us-west"_s));
}

/// The class: the console shows only the first warning of an answer. The second warning of an activation names the safety snapshot. What
/// holds: all warnings are shown, and no text says that data is lost if the server takes a safety snapshot.
void TestSentRequests::allWarningsAreShown()
{
    auto& west = m_sample->fake.at(u"us-west"_s);
    west.inventory = {{u"is_worth_keeping"_s, true},
                      {u"policy_count"_s, 2},
                      {u"token_count"_s, 5},
                      {u"mounts"_s, QJsonArray{QJsonObject{{u"path"_s, u"secret/"_s},
                                                           {u"kind"_s, u"secrets"_s},
                                                           {u"type"_s, u"kv"_s},
                                                           {u"secret_count"_s, 12},
                                                           {u"version_count"_s, 30},
                                                           {u"key_count"_s, 60}}}}};
    west.wipeWarnings = {u"A snapshot of what this cluster held was taken: safety-20261130T000000Z."_s};
    walk(u"enable"_s);
    auto& model = m_enable->operator->()->model();
    QVERIFY(model.safetyNet().contains(u"restores it on trial"_s));
    QCOMPARE(model.inventory().secrets, 12);
    QCOMPARE(model.inventory().mounts, (QList<QPair<QString, QString>>{{u"secret/"_s, u"kv · 12 secrets · 30 versions"_s}}));
    QTRY_COMPARE(model.plan().state(), PlanModel::State::Done);
    const QString text = model.plan().steps()[1].text;
    QVERIFY2(text.contains(u"it may take a while"_s) && text.contains(u"safety-20261130T000000Z"_s), qPrintable(text));
}

QTEST_MAIN(TestSentRequests)
#include "tst_sent_requests.moc"
