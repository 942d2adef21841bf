#include "tests/widgets/sample_fleet.h"
#include "widgets/client/secret_text.h"
#include "widgets/look/theme.h"
#include "widgets/wizard/frame/choice_card.h"
#include "widgets/wizard/replication/enable_wizard.h"
#include "widgets/wizard/frame/page_parts.h"
#include "widgets/wizard/frame/wizard_page.h"

#include <QComboBox>
#include <QCheckBox>
#include <QLineEdit>
#include <QPushButton>
#include <QTest>

using namespace Qt::StringLiterals;
using namespace widgets;
using namespace std::chrono_literals;

class TestEnableWizard : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init();
    void cleanup();
    void activatesTheOtherClusterDirectly_data();
    void activatesTheOtherClusterDirectly();
    void wipesNothingBeforeTheNameIsTyped();
    void handsTheTokenOver();
    void neverShowsTheTokenInACommand();
    void goesOnAfterAFailedStep();
    void refusesASecondaryThatIsSealed();
    void cancelSaysWhatIsLeft();

private:
    EnableWizard& open();
    template<class T>
    T& part(const QString& name);
    void next();
    void walkToPlan(const QString& secondary);

    std::unique_ptr<tests::SampleFleet> m_sample;
    QPointer<EnableWizard> m_wizard;
};

void TestEnableWizard::init()
{
    Theme::instance().apply(ThemeChoice::Light);
    m_sample = std::make_unique<tests::SampleFleet>();
    m_sample->fake.add(u"us-west"_s);
    m_sample->connectCluster(u"us-west"_s, u"Production"_s, {}, false);
    m_sample->pass(2);
}

void TestEnableWizard::cleanup()
{
    delete m_wizard;
    m_sample.reset();
}

EnableWizard& TestEnableWizard::open()
{
    m_wizard = new EnableWizard{m_sample->model, m_sample->log, u"eu-central"_s, nullptr};
    m_wizard->model().plan().pollInterval = 1ms;
    m_wizard->open();
    return *m_wizard;
}

template<class T>
T& TestEnableWizard::part(const QString& name)
{
    auto* found = m_wizard->currentPage()->findChild<T*>(name);
    if (!found) found = m_wizard->findChild<T*>(name);
    if (!found) qFatal("no such part: %s", qPrintable(name));
    return *found;
}

void TestEnableWizard::next()
{
    auto& button = part<QPushButton>(u"wizardNext"_s);
    QTRY_VERIFY(button.isEnabled());
    QTest::mouseClick(&button, Qt::LeftButton);
}

void TestEnableWizard::walkToPlan(const QString& secondary)
{
    auto& combo = part<QComboBox>(u"enableSecondary"_s);
    combo.setCurrentIndex(combo.findData(secondary));
    next();
    next(); // checks
    QTest::keyClicks(&part<QLineEdit>(u"confirmName"_s), secondary);
    next(); // what is wiped
}

void TestEnableWizard::activatesTheOtherClusterDirectly_data()
{
    QTest::addColumn<bool>("isDr");
    QTest::newRow("performance") << false;
    QTest::newRow("disaster recovery") << true;
}

void TestEnableWizard::activatesTheOtherClusterDirectly()
{
    QFETCH(bool, isDr);
    open();
    if (isDr) part<QRadioButton>(u"disaster-recovery-replication"_s).click();
    walkToPlan(u"us-west"_s);
    QCOMPARE(m_sample->fake.at(u"us-west"_s).isWiped, false);
    next();
    QTRY_COMPARE(m_wizard->model().plan().state(), PlanModel::State::Done);
    QVERIFY(m_sample->fake.at(u"us-west"_s).isWiped);
    const auto& role = tests::roleOf(m_sample->fake.at(u"us-west"_s), isDr ? ReplicationType::Dr : ReplicationType::Performance);
    QCOMPARE(role.primary, u"eu-central"_s);
    QCOMPARE(role.mode, u"secondary"_s);
    QTRY_COMPARE(m_wizard->currentPage()->stepTitle(), u"Report"_s);
}

void TestEnableWizard::wipesNothingBeforeTheNameIsTyped()
{
    open();
    auto& combo = part<QComboBox>(u"enableSecondary"_s);
    combo.setCurrentIndex(combo.findData(u"us-west"_s));
    next();
    next();
    auto& button = part<QPushButton>(u"wizardNext"_s);
    QTRY_VERIFY(m_wizard->model().inventory().isComplete);
    QVERIFY(!button.isEnabled());
    QTest::keyClicks(&part<QLineEdit>(u"confirmName"_s), u"us-wes"_s);
    QVERIFY(!button.isEnabled());
    QTest::keyClicks(&part<QLineEdit>(u"confirmName"_s), u"t"_s);
    QVERIFY(button.isEnabled());
    QCOMPARE(m_wizard->model().inventory().mounts, (QList<QPair<QString, QString>>{{u"secret/"_s, u"kv"_s}}));
}

void TestEnableWizard::handsTheTokenOver()
{
    open();
    part<QCheckBox>(u"enableHandOver"_s).click();
    auto& id = part<QLineEdit>(u"enableActivationId"_s);
    id.clear();
    QTest::keyClicks(&id, u"branch-7"_s);
    next();
    next();
    next();
    QTRY_COMPARE(m_wizard->currentPage()->stepTitle(), u"Report"_s);
    QCOMPARE(part<QLineEdit>(u"secret"_s).text(), textOf(m_wizard->model().activationToken()));
    QVERIFY(textOf(m_wizard->model().activationToken()).startsWith("eyJ"_L1));
    QCOMPARE(part<QLineEdit>(u"secret"_s).echoMode(), QLineEdit::Password);
    QVERIFY(m_sample->fake.at(u"eu-central"_s).performance.known.contains(u"branch-7"_s));
}

void TestEnableWizard::neverShowsTheTokenInACommand()
{
    open();
    walkToPlan(u"us-west"_s);
    next();
    QTRY_COMPARE(m_wizard->model().plan().state(), PlanModel::State::Done);
    QVERIFY(m_sample->log.rowCount() >= 2);
    for (int row = 0; row < m_sample->log.rowCount(); ++row) {
        const auto& entry = m_sample->log.entry(row);
        QVERIFY2(!entry.command.contains("eyJ"_L1), qPrintable(entry.command));
        QCOMPARE(entry.outcome, ActionLog::Outcome::Done);
    }
    QVERIFY(m_sample->log.entry(1).command.endsWith("sys/replication/performance/secondary/enable token=@token.txt"_L1));
}

void TestEnableWizard::goesOnAfterAFailedStep()
{
    open();
    m_sample->fake.failNext(u"sys/replication/performance/secondary/enable"_s, {core::ErrorCode::Internal, "error unwrapping secondary token"});
    walkToPlan(u"us-west"_s);
    next();
    QTRY_COMPARE(m_wizard->model().plan().state(), PlanModel::State::Failed);
    QVERIFY(m_wizard->model().plan().steps()[1].text.contains("error unwrapping secondary token"_L1));
    QVERIFY(!m_sample->fake.at(u"us-west"_s).isWiped);
    QTest::mouseClick(&part<QPushButton>(u"retryStep"_s), Qt::LeftButton);
    QTRY_COMPARE(m_wizard->model().plan().state(), PlanModel::State::Done);
}

void TestEnableWizard::refusesASecondaryThatIsSealed()
{
    m_sample->fake.at(u"us-west"_s).isSealed = true;
    m_sample->pass(1);
    open();
    auto& combo = part<QComboBox>(u"enableSecondary"_s);
    combo.setCurrentIndex(combo.findData(u"us-west"_s));
    next();
    QTRY_COMPARE(m_wizard->currentPage()->stepTitle(), u"Checks"_s);
    QTRY_VERIFY(std::none_of(m_wizard->model().preflight().checks().begin(), m_wizard->model().preflight().checks().end(),
                             [](const CheckList::Check& c) { return c.verdict == CheckList::CheckState::Looking; }));
    QVERIFY(!part<QPushButton>(u"wizardNext"_s).isEnabled());
}

void TestEnableWizard::cancelSaysWhatIsLeft()
{
    open();
    m_sample->fake.failNext(u"sys/replication/performance/secondary/enable"_s, {core::ErrorCode::Internal, "no"});
    walkToPlan(u"us-west"_s);
    next();
    QTRY_COMPARE(m_wizard->model().plan().state(), PlanModel::State::Failed);
    QVERIFY(m_wizard->currentPage()->cancelNote().contains(u"eu-central lists the secondary us-west"_s));
}

QTEST_MAIN(TestEnableWizard)
#include "tst_enable_wizard.moc"
