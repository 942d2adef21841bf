#pragma once

#include "core/http/body_budget.h"
#include "core/http/io_loop.h"

#include <atomic>
#include <memory>
#include <vector>

namespace core::http {

/// The loops that serve requests. Each listener accepts in all of them. The pool limits the connections of all listeners together.
class IoPool {
public:
    struct Options {
        std::size_t connectionCountMax = 10'000; // above it, the longest idle connection is closed for a new one
        BodyBudget::Options bodies;
    };

    using Loops = std::vector<std::unique_ptr<IoLoop>>;

    explicit IoPool(unsigned threadCount) : IoPool{threadCount, Options{}} {}
    /// One IoThread for each thread.
    IoPool(unsigned threadCount, Options options);
    IoPool(Loops loops, Options options);
    Loops& loops() { return m_loops; }
    void stop();

    // Thread-safe.
    BodyBudget& bodies() { return m_bodies; }
    std::size_t connectionCount() const { return m_connectionCount; }
    void connectionBegan() { ++m_connectionCount; }
    void connectionEnded();
    /// Call it in `loop` before a connection is accepted there. Closes the longest idle one if there are too many. False: all of
    /// them are busy, and this connection cannot be served.
    bool makeRoom(IoLoop& loop);
    /// The same for any count, because the process has no descriptor left.
    bool closeLongestIdle(IoLoop& loop);
    /// Call it when a large answer was sent and its memory is free, or will be soon.
    void noteAnswer(std::uint64_t bytes) { m_answerBytes += bytes; }
    /// An estimate of the bytes that bodies, large answers and connections have freed since the last call.
    std::uint64_t takeReleasedBytes();

private:
    const Options m_options;
    BodyBudget m_bodies;
    std::atomic<std::size_t> m_connectionCount{0};
    std::atomic<std::uint64_t> m_endedCount{0};
    std::atomic<std::uint64_t> m_answerBytes{0};
    Loops m_loops;
};

} // namespace core::http
