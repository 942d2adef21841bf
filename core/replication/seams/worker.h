#pragma once

#include "core/base/task_threads.h"

#include <chrono>

namespace core::replication {

/// Runs the tasks of its owner in order, and lets an operation wait. The simulator hands in its own for the manager and MemberService.
class Background : public Executor {
public:
    /// Waits until everything posted so far has run.
    virtual void waitUntilIdle() = 0;
    /// Finishes the posted tasks and drops later ones. Idempotent.
    virtual void stop() = 0;
    /// Waits in an operation or a task while everything else continues.
    virtual void pause(std::chrono::milliseconds duration) = 0;
};

/// One thread that runs tasks in order. The manager, MemberService, PromotionReports and FormerPrimaryWatch have one each. Thread-safe.
class Worker final : public Background {
public:
    void post(Task task) override { m_thread.post(std::move(task)); }
    void waitUntilIdle() override { m_thread.waitUntilIdle(); }
    void pause(std::chrono::milliseconds duration) override { std::this_thread::sleep_for(duration); }
    void stop() override { m_thread.stop(); }

private:
    TaskThreads m_thread{"role-changes", 1};
};

} // namespace core::replication
