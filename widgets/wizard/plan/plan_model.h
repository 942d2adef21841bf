#pragma once

#include "widgets/model/action_log.h"

#include <QList>
#include <QObject>
#include <QPointer>

#include <chrono>
#include <functional>

namespace widgets {

class PlanModel;

/// A running step reports through this. Copyable. After the user left the step, only its entry in the action log is updated.
class StepRun {
public:
    StepRun(PlanModel* plan, int generation, int logRow);

    /// A context that lives as long as the plan, for timers and for calls that change nothing.
    PlanModel* plan() const { return m_plan; }
    /// A context that lives longer than the plan, for requests that change something, so that a late answer is not lost.
    QObject* witness() const;
    bool isCurrent() const;
    /// The request was sent. From now on it may take effect, and the console cannot stop it.
    void sent() const;
    /// `total` 0: unknown.
    void progress(qint64 done, qint64 total, const QString& text) const;
    void done(const QString& result) const;
    void fail(const QString& why) const;
    /// The request was sent and got no answer, so it may have taken effect.
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
    QString afterwards;       // what is true if the user stops after this step
    ActionLog::Effect effect; // how the status shows that it has happened; may be empty
    std::function<void(const StepRun&)> run;

    State state = State::Waiting;
    bool isSent = false; // its request was sent, and no answer refused it
    QString text;        // progress, result, or why it failed
    qint64 done = 0;
    qint64 total = 0;
};

/// The steps of a wizard. They run one after the other. The first step that fails stops the run, and can be tried again.
///
/// Each step with a command goes into the action log. GUI thread.
class PlanModel final : public QObject {
    Q_OBJECT

public:
    /// Failed: a step failed or got no answer; it can be tried again.
    enum class State { Waiting, Running, Done, Failed, Stopped };

    explicit PlanModel(ActionLog& log, QObject* parent = nullptr);

    /// Only before start().
    void setSteps(QList<PlanStep> steps);
    const QList<PlanStep>& steps() const { return m_steps; }
    State state() const { return m_state; }
    bool isEnded() const { return m_state == State::Done || m_state == State::Stopped; }

    void start();
    /// Runs the failed step again, then the steps after it.
    void retry();
    /// Starts no further step. A request that was sent may still take effect; the action log keeps watching for it.
    void stop();
    /// A request was sent and its outcome is not known, so it is too late to cancel.
    bool isUnderWay() const;
    /// What is true if the user stops now.
    QString outcome() const;

    /// How often a waiting step reads the status; short in tests.
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
