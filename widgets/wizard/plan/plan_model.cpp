#include "widgets/wizard/plan/plan_model.h"

namespace widgets {

StepRun::StepRun(PlanModel* plan, int generation, int logRow) : m_plan{plan}, m_log{&plan->m_log}, m_generation{generation}, m_logRow{logRow} {}

QObject* StepRun::witness() const
{
    return m_log;
}

bool StepRun::isCurrent() const
{
    return m_plan && m_plan->m_generation == m_generation && m_plan->m_state == PlanModel::State::Running;
}

void StepRun::sent() const
{
    if (!isCurrent()) return;
    auto& step = m_plan->m_steps[m_plan->m_current];
    if (step.isSent) return;
    step.isSent = true;
    Q_EMIT m_plan->changed();
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
    if (isCurrent()) return m_plan->settle(PlanStep::State::Done, result);
    if (isLeft()) m_log->finish(m_logRow, ActionLog::Outcome::Done, ActionLog::tr("the answer came later"));
}

void StepRun::fail(const QString& why) const
{
    if (isCurrent()) return m_plan->settle(PlanStep::State::Failed, why);
    if (isLeft()) m_log->finish(m_logRow, ActionLog::Outcome::Failed, why);
}

void StepRun::lose(const QString& why) const
{
    if (isCurrent()) m_plan->settle(PlanStep::State::Lost, why);
}

bool StepRun::isLeft() const
{
    return m_log && m_logRow >= 0 && m_log->entry(m_logRow).outcome == ActionLog::Outcome::Sent;
}

PlanModel::PlanModel(ActionLog& log, QObject* parent) : QObject{parent}, m_log{log} {}

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
    if (m_state == State::Running && m_logRow >= 0) {
        if (isUnderWay()) m_log.leave(m_logRow, m_steps[m_current].effect);
        else m_log.finish(m_logRow, ActionLog::Outcome::Failed, tr("stopped"));
    }
    m_logRow = -1;
    setState(State::Stopped);
    Q_EMIT ended();
}

bool PlanModel::isUnderWay() const
{
    return (m_state == State::Running || m_state == State::Failed) && m_steps[m_current].isSent;
}

QString PlanModel::outcome() const
{
    if (m_current >= 0 && m_current < m_steps.size() && m_steps[m_current].isSent && m_steps[m_current].state != PlanStep::State::Done) {
        const auto& step = m_steps[m_current];
        return tr("“%1” was sent to %2. It may still happen. The console keeps watching %2.").arg(step.title, step.cluster);
    }
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
    step.isSent = false;
    m_logRow = step.command.isEmpty() ? -1 : m_log.begin(step.cluster, step.title, step.command);
    Q_EMIT changed();
    step.run(StepRun{this, m_generation, m_logRow});
}

void PlanModel::settle(PlanStep::State state, const QString& text)
{
    auto& step = m_steps[m_current];
    step.state = state;
    step.text = text;
    const bool isDone = state == PlanStep::State::Done;
    if (state != PlanStep::State::Lost) step.isSent = false; // it was answered: the outcome is known
    if (m_logRow >= 0) {
        if (state == PlanStep::State::Lost) m_log.leave(m_logRow, step.effect);
        else m_log.finish(m_logRow, isDone ? ActionLog::Outcome::Done : ActionLog::Outcome::Failed, isDone ? QString{} : text);
    }
    m_logRow = -1;
    if (!isDone) return setState(State::Failed);
    Q_EMIT changed();
    runNext();
}

} // namespace widgets
