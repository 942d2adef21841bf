#include "widgets/wizard/plan/plan_pages.h"

#include <QProgressBar>
#include <QPushButton>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace widgets {
namespace {

CheckList::CheckState verdictOf(PlanStep::State state)
{
    switch (state) {
    case PlanStep::State::Done: return CheckList::CheckState::Fine;
    case PlanStep::State::Failed: return CheckList::CheckState::Bad;
    case PlanStep::State::Lost: return CheckList::CheckState::Warning;
    case PlanStep::State::Waiting:
    case PlanStep::State::Running: return CheckList::CheckState::Looking;
    }
    return CheckList::CheckState::Looking;
}

QStringList commandsOf(const PlanModel& plan)
{
    QStringList commands;
    for (const auto& step : plan.steps()) {
        if (!step.command.isEmpty()) commands << step.command;
    }
    return commands;
}

} // namespace

PlanPage::PlanPage(PlanModel& plan, Options options, QWidget* parent)
    : WizardPage{options.stepTitle.isEmpty() ? tr("Plan") : options.stepTitle, parent}
    , m_plan{plan}
    , m_options{std::move(options)}
    , m_warning{new QFrame{this}}
    , m_warningText{makeText({}, {}, m_warning)}
    , m_steps{new CheckList{this}}
    , m_confirmation{new NameConfirmation{this}}
    , m_commands{new CommandBox{this}}
{
    m_warning->setProperty("kind", u"notice-error"_s);
    auto* warningLayout = new QVBoxLayout{m_warning};
    warningLayout->setContentsMargins(14, 10, 14, 10);
    warningLayout->addWidget(m_warningText);
    body()->addWidget(m_warning);
    body()->addWidget(m_steps);
    body()->addWidget(m_commands);
    body()->addWidget(m_confirmation);
    connect(m_confirmation, &NameConfirmation::changed, this, &WizardPage::changed);
}

void PlanPage::enter()
{
    m_options.prepare();
    setHeading(m_options.heading(), tr("Nothing has happened yet. These steps will run one after the other."));
    const QString warning = m_options.warning ? m_options.warning() : QString{};
    m_warning->setVisible(!warning.isEmpty());
    m_warningText->setText(warning);
    QList<CheckList::Check> steps;
    for (qsizetype i = 0; i < m_plan.steps().size(); ++i) {
        const auto& step = m_plan.steps()[i];
        steps << CheckList::Check{CheckList::CheckState::Planned, tr("%1. %2").arg(i + 1).arg(step.title), {}};
    }
    m_steps->present(steps);
    m_commands->present(commandsOf(m_plan));
    const QString name = m_options.confirm ? m_options.confirm() : QString{};
    m_confirmation->setVisible(!name.isEmpty());
    m_confirmation->present(name);
}

bool PlanPage::isComplete() const
{
    const bool isNameWanted = m_options.confirm && !m_options.confirm().isEmpty();
    return !isNameWanted || m_confirmation->isConfirmed();
}

RunPage::RunPage(PlanModel& plan, Options options, QWidget* parent)
    : WizardPage{options.stepTitle.isEmpty() ? tr("Run") : options.stepTitle, parent}
    , m_plan{plan}
    , m_options{std::move(options)}
    , m_steps{new CheckList{this}}
    , m_progress{new QProgressBar{this}}
    , m_retry{new QPushButton{tr("Try this step again"), this}}
{
    m_progress->setTextVisible(false);
    m_progress->setAccessibleName(u"Progress"_s);
    m_retry->setObjectName(u"retryStep"_s);
    m_retry->setAccessibleName(u"Try this step again"_s);
    m_retry->setAutoDefault(false);
    body()->addWidget(m_progress);
    body()->addWidget(m_steps);
    body()->addWidget(m_retry, 0, Qt::AlignLeft);
    connect(m_retry, &QPushButton::clicked, &m_plan, &PlanModel::retry);
    connect(&m_plan, &PlanModel::changed, this, &RunPage::refresh);
    connect(&m_plan, &PlanModel::ended, this, &WizardPage::advanceRequested);
    m_retry->hide();
}

void RunPage::enter()
{
    refresh();
    m_plan.start();
}

QString RunPage::cancelNote() const
{
    if (m_plan.isUnderWay()) return m_plan.outcome();
    return tr("Cancel stops here. %1").arg(m_plan.outcome());
}

QString RunPage::cancelText() const
{
    if (m_plan.isUnderWay()) return tr("Leave; it may still happen");
    return WizardPage::cancelText();
}

void RunPage::refresh()
{
    const bool isFailed = m_plan.state() == PlanModel::State::Failed;
    const QString trouble = m_plan.isUnderWay() ? tr("A step was not answered") : tr("A step failed");
    setHeading(isFailed ? trouble : tr("Running"), isFailed ? m_plan.outcome() : QString{});
    QList<CheckList::Check> steps;
    qsizetype done = 0;
    const PlanStep* running = nullptr;
    for (const auto& step : m_plan.steps()) {
        if (step.state == PlanStep::State::Waiting) continue;
        if (step.state == PlanStep::State::Done) ++done;
        if (step.state == PlanStep::State::Running) running = &step;
        steps << CheckList::Check{verdictOf(step.state), step.title, step.text};
    }
    m_steps->present(steps);
    // A thousand parts for each step. The running step adds its own progress.
    m_progress->setRange(0, static_cast<int>(m_plan.steps().size()) * 1000);
    const qint64 within = running && running->total > 0 ? running->done * 1000 / running->total : 0;
    m_progress->setValue(static_cast<int>(done * 1000 + within));
    m_retry->setVisible(isFailed);
    Q_EMIT changed();
}

ReportPage::ReportPage(PlanModel& plan, Options options, QWidget* parent)
    : WizardPage{tr("Report"), parent}
    , m_plan{plan}
    , m_options{std::move(options)}
    , m_steps{new CheckList{this}}
    , m_nextHeading{makeHeading(tr("What comes next"), this)}
    , m_nextText{makeText({}, {}, this)}
    , m_commands{new CommandBox{this}}
{
    m_nextText->setObjectName(u"reportNext"_s);
    body()->addWidget(m_steps);
    body()->addWidget(m_nextHeading);
    body()->addWidget(m_nextText);
    body()->addWidget(m_commands);
}

void ReportPage::enter()
{
    const bool isDone = m_plan.state() == PlanModel::State::Done;
    setHeading(isDone ? m_options.success() : tr("Stopped"), isDone ? QString{} : m_plan.outcome());
    QList<CheckList::Check> steps;
    QStringList commands;
    for (const auto& step : m_plan.steps()) {
        const bool isOver = step.state == PlanStep::State::Done;
        steps << CheckList::Check{step.state == PlanStep::State::Waiting || step.state == PlanStep::State::Running ? CheckList::CheckState::Warning
                                                                                                                   : verdictOf(step.state),
                                  step.title, step.state == PlanStep::State::Waiting ? tr("not done") : step.text};
        if (isOver && !step.command.isEmpty()) commands << step.command;
    }
    m_steps->present(steps);
    m_commands->present(commands);
    const QStringList next = isDone && m_options.next ? m_options.next() : QStringList{};
    m_nextHeading->setVisible(!next.isEmpty());
    m_nextText->setVisible(!next.isEmpty());
    m_nextText->setText(next.join(u"\n"_s));
    if (isDone && m_options.extra && !m_extra) {
        m_extra = m_options.extra(this);
        if (m_extra) body()->insertWidget(0, m_extra);
    }
}

} // namespace widgets
