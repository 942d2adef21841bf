#pragma once

#include "widgets/model/action_log.h"

#include <QList>
#include <QObject>
#include <QPointer>

#include <chrono>
#include <functional>

namespace widgets {

class PlanModel;

/// What a running step reports through. Copyable. Once the step has been left, only its entry in the action log hears of it.
class StepRun {
public:
    StepRun(PlanModel* plan, int generation, int logRow);

    /// Lives as long as the plan; for timers and for questions that change nothing.
    PlanModel* plan() const { return m_plan; }
    /// Lives longer than the plan: the context of a request that changes something, so that a late answer is not lost.
    QObject* witness() const;
    bool isCurrent() const;
    /// The request has left: from now on it may happen, whatever is done here.
    void sent() const;
    /// `total` 0: unknown.
    void progress(qint64 done, qint64 total, const QString& text) const;
    void done(const QString& result) const;
    void fail(const QString& why) const;
    /// Nobody answered the request that was sent: it may have happened.
    void lose(const QString& why) const;

private:
    bool isLeft() const;

    QPointer<PlanModel> m_plan;
    QPointer<ActionLog> m_log;
    int m_generation;
    int m_logRow;
};

/// One step of a plan. `run` starts it and returns at once.
struct PlanStep {
    enum class State { Waiting, Running, Done, Failed, Lost };

    QString title;
    QString cluster;
    QString command;          // the same by hand; empty for a step that only waits
    QString afterwards;       // what state things are in once it is done, should one stop there
    ActionLog::Effect effect; // what the status shows once it has happened; may be empty
    std::function<void(const StepRun&)> run;

    State state = State::Waiting;
    bool isSent = false; // its request has left, and no answer said that it was refused
    QString text;        // progress, result, or why it failed
    qint64 done = 0;
    qint64 total = 0;
};

/// The steps of a wizard and their run: one after the other, stopped by the first that fails, which can be tried again.
///
/// Each step with a command goes into the action log. GUI thread.
class PlanModel final : public QObject {
    Q_OBJECT

public:
    /// Failed: a step failed or nobody answered it; it can be tried again.
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
    /// Begins nothing further. A request that was sent may still happen; the action log goes on watching it.
    void stop();
    /// A request was sent and its outcome is not known: there is nothing to cancel any more.
    bool isUnderWay() const;
    /// What is true now, should one leave it so.
    QString outcome() const;

    /// How often a waiting step looks; short in tests.
    std::chrono::milliseconds pollInterval{500};

Q_SIGNALS:
    void changed();
    void ended();

private:
    friend class StepRun;
    void runNext();
    void settle(PlanStep::State state, const QString& text);
    void setState(State state);

    ActionLog& m_log;
    QList<PlanStep> m_steps;
    State m_state = State::Waiting;
    qsizetype m_current = -1;
    int m_generation = 0;
    int m_logRow = -1;
};

} // namespace widgets
