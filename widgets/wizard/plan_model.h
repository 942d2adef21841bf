#pragma once

#include "widgets/model/action_log.h"

#include <QList>
#include <QObject>
#include <QPointer>

#include <chrono>
#include <functional>

namespace widgets {

class PlanModel;

/// What a running step reports through. Copyable; says nothing any more once the step has been left.
class StepRun {
public:
    StepRun(PlanModel* plan, int generation);

    /// Lives as long as the plan; for ReplyHandlers and timers.
    PlanModel* plan() const { return m_plan; }
    bool isCurrent() const;
    /// `total` 0: unknown.
    void progress(qint64 done, qint64 total, const QString& text) const;
    void done(const QString& result) const;
    void fail(const QString& why) const;

private:
    QPointer<PlanModel> m_plan;
    int m_generation;
};

/// One step of a plan. `run` starts it and returns at once.
struct PlanStep {
    enum class State { Waiting, Running, Done, Failed };

    QString title;
    QString cluster;
    QString command;     // the same by hand; empty for a step that only waits
    QString afterwards;  // what state things are in once it is done, should one stop there
    std::function<void(const StepRun&)> run;

    State state = State::Waiting;
    QString text;  // progress, result, or why it failed
    qint64 done = 0;
    qint64 total = 0;
};

/// The steps of a wizard and their run: one after the other, stopped by the first that fails, which can be tried again.
///
/// Each step with a command goes into the action log. GUI thread.
class PlanModel final : public QObject {
    Q_OBJECT

public:
    enum class State { Waiting, Running, Done, Failed, Stopped };

    explicit PlanModel(ActionLog& log, QObject* parent = nullptr);

    /// Only before start().
    void setSteps(QList<PlanStep> steps);
    const QList<PlanStep>& steps() const { return m_steps; }
    State state() const { return m_state; }
    bool isEnded() const { return m_state == State::Done || m_state == State::Stopped; }

    void start();
    /// Runs the failed step again, and goes on.
    void retry();
    /// Leaves the running step; what it asked for may still happen. Nothing further is begun.
    void stop();
    /// What is true now, should one leave it so.
    QString standing() const;

    /// How often a waiting step looks; short in tests.
    std::chrono::milliseconds pollInterval{500};

Q_SIGNALS:
    void changed();
    void ended();

private:
    friend class StepRun;
    void runNext();
    void settle(int generation, PlanStep::State state, const QString& text);
    void setState(State state);

    ActionLog& m_log;
    QList<PlanStep> m_steps;
    State m_state = State::Waiting;
    qsizetype m_current = -1;
    int m_generation = 0;
    int m_logRow = -1;
};

} // namespace widgets
