#pragma once

#include "core/replication/seams/worker.h"
#include "tests/sim/fiber.h"
#include "tests/sim/world.h"

#include <deque>
#include <memory>

namespace sim {

/// A cluster's clock: the world's time plus an error.
class ClusterClock final : public Clock {
public:
    explicit ClusterClock(const World& world) : m_world{world} {}
    WallTime now() const override { return WallTime{seconds{1'700'000'000}} + m_world.now() + m_skipped + m_skew; }
    SteadyTime steadyNow() const override { return SteadyTime{} + seconds{1000} + m_world.now() + m_skipped; }
    void setSkew(Duration skew) { m_skew = skew; }
    Duration skew() const { return m_skew; }
    /// Lets time pass only for a cluster without power, so that its waits end.
    void skip(Duration duration) { m_skipped += duration; }

private:
    const World& m_world;
    Duration m_skew{0};
    Duration m_skipped{0};
};

/// Runs the parts of a process that may wait: operations and the manager's tasks, one at a time, each on a fiber.
class Lane final : public replication::Background {
public:
    Lane(World& world, ClusterClock& clock) : m_world{world}, m_clock{clock} {}
    ~Lane() override;

    void post(Task task) override;
    void waitUntilIdle() override {}
    void stop() override;
    void pause(milliseconds duration) override { wait(duration); }

    void wait(Duration duration);
    /// Waits until `isDone` returns true, at most this long.
    bool waitUntil(const std::function<bool()>& isDone, Duration atMost);

    bool isIdle() const { return !m_running && m_tasks.empty(); }
    std::size_t queuedCount() const { return m_tasks.size(); }
    /// The power is off: running work finds every wait over, and queued work is dropped.
    void abandon();

private:
    void startNext();

    World& m_world;
    ClusterClock& m_clock;
    std::deque<Task> m_tasks;
    std::unique_ptr<Fiber> m_running;
    std::uint64_t m_sleep = 0; // number of the present wait
    bool m_isStartDue = false;
    bool m_isStopped = false;
    bool m_isAbandoned = false;
    std::shared_ptr<bool> m_isAlive = std::make_shared<bool>(true);
};

} // namespace sim
