#include "widgets/wizard/plan_model.h"

namespace widgets {

StepRun::StepRun(PlanModel* plan, int generation)
    : m_plan{plan}
    , m_generation{generation}
{}

bool StepRun::isCurrent() const
{
    return m_plan && m_plan->m_generation == m_generation && m_plan->m_state == PlanModel::State::Running;
}

void StepRun::progress(qint64 done, qint64 total, const QString& text) const
{
    if (!isCurrent()) return;
    auto& step = m_plan->m_steps[m_plan->m_current];
    step.done = done;
    step.total = total;
    step.text = text;
    Q_EMIT m_plan->changed();
}

void StepRun::done(const QString& result) const
{
    if (isCurrent()) m_plan->settle(m_generation, PlanStep::State::Done, result);
}

void StepRun::fail(const QString& why) const
{
    if (isCurrent()) m_plan->settle(m_generation, PlanStep::State::Failed, why);
}

PlanModel::PlanModel(ActionLog& log, QObject* parent)
    : QObject{parent}
    , m_log{log}
{}

void PlanModel::setSteps(QList<PlanStep> steps)
{
    m_steps = std::move(steps);
    Q_EMIT changed();
}

void PlanModel::start()
{
    if (m_state != State::Waiting) return;
    setState(State::Running);
    runNext();
}

void PlanModel::retry()
{
    if (m_state != State::Failed) return;
    setState(State::Running);
    --m_current;
    runNext();
}

void PlanModel::stop()
{
    if (m_state != State::Running && m_state != State::Failed) return;
    ++m_generation;
    if (m_state == State::Running && m_logRow >= 0) m_log.finish(m_logRow, ActionLog::Outcome::Failed, tr("stopped"));
    m_logRow = -1;
    setState(State::Stopped);
    Q_EMIT ended();
}

QString PlanModel::standing() const
{
    QString text;
    for (const auto& step : m_steps) {
        if (step.state == PlanStep::State::Done && !step.afterwards.isEmpty()) text = step.afterwards;
    }
    return text.isEmpty() ? tr("Nothing has been changed.") : text;
}

void PlanModel::setState(State state)
{
    m_state = state;
    Q_EMIT changed();
}

void PlanModel::runNext()
{
    ++m_current;
    ++m_generation;
    if (m_current >= m_steps.size()) {
        setState(State::Done);
        Q_EMIT ended();
        return;
    }
    auto& step = m_steps[m_current];
    step.state = PlanStep::State::Running;
    step.text.clear();
    step.done = step.total = 0;
    m_logRow = step.command.isEmpty() ? -1 : m_log.begin(step.cluster, step.title, step.command);
    Q_EMIT changed();
    step.run(StepRun{this, m_generation});
}

void PlanModel::settle(int, PlanStep::State state, const QString& text)
{
    auto& step = m_steps[m_current];
    step.state = state;
    step.text = text;
    const bool isDone = state == PlanStep::State::Done;
    if (m_logRow >= 0) m_log.finish(m_logRow, isDone ? ActionLog::Outcome::Done : ActionLog::Outcome::Failed, isDone ? QString{} : text);
    m_logRow = -1;
    if (!isDone) return setState(State::Failed);
    Q_EMIT changed();
    runNext();
}

} // namespace widgets
