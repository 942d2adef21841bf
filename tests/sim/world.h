#pragma once

#include "core/base/clock.h"
#include "core/base/executor.h"
#include "core/base/random.h"

#include <cstdio>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace sim {

using namespace core;
using Duration = std::chrono::nanoseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// Time, chance, and the queue of events. Everything in a run follows from the seed.
class World {
public:
    World(std::uint64_t seed, bool isTracing) : m_random{seed}, m_isTracing{isTracing} {}

    Duration now() const { return m_now; }

    /// Runs `task` after `delay`. Tasks of the same time run in the order of the calls.
    void after(Duration delay, Task task);
    /// Runs the next event. False: there is none, or a check has failed.
    bool step();
    /// Runs after every event. It looks at the whole world from outside.
    void setObserver(std::function<void()> observer) { m_observer = std::move(observer); }
    void runFor(Duration duration);

    std::uint64_t number() { return m_random.number(); }
    std::size_t pick(std::size_t below) { return static_cast<std::size_t>(m_random.number() % below); }
    bool chancePerMille(unsigned count) { return m_random.number() % 1000 < count; }
    Duration between(Duration from, Duration to)
    {
        return from + Duration{static_cast<std::int64_t>(m_random.number() % static_cast<std::uint64_t>((to - from).count() + 1))};
    }

    /// Notes an event: adds it to the hash that proves a replay equal, and prints it when tracing. `who` is a cluster's number, or less
    /// than 0.
    void note(int who, std::string_view what, std::uint64_t number = 0, std::string_view detail = {});
    bool isTracing() const { return m_isTracing; }
    std::uint64_t traceHash() const { return m_traceHash; }

    /// An invariant does not hold. The run ends here.
    void fail(std::string what);
    const std::optional<std::string>& failure() const { return m_failure; }

private:
    struct Event {
        Duration at;
        std::uint64_t order;
        Task task;
        bool operator<(const Event& other) const { return at != other.at ? at > other.at : order > other.order; }
    };

    SeededRandom m_random;
    const bool m_isTracing;
    Duration m_now{0};
    std::uint64_t m_order = 0;
    std::vector<Event> m_events; // a heap, the next one at the front
    std::function<void()> m_observer;
    std::uint64_t m_traceHash = 0xcbf29ce484222325u;
    std::optional<std::string> m_failure;
};

/// A hash for traces and contents: fast, and the same everywhere.
std::uint64_t hashOf(std::string_view text, std::uint64_t start = 0x9e3779b97f4a7c15u);

} // namespace sim
