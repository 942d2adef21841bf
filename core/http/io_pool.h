#pragma once

#include "core/base/executor.h"
#include "core/base/thread.h"
#include "core/http/body_budget.h"
#include "core/http/idle_connections.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <atomic>
#include <memory>
#include <vector>

namespace core::http {

/// One thread with its own io_context. Code on the same thread needs no lock against each other.
class IoThread final : public Executor {
public:
    explicit IoThread(std::string name);
    ~IoThread() override;

    /// Queues the task; it runs after the present work of the thread.
    void post(Task task) override;
    boost::asio::io_context& context() { return m_context; }
    /// Used only on this thread.
    IdleConnections& idle() { return m_idle; }
    /// Runs no more handlers, and joins the thread. Idempotent.
    void stop();

private:
    IdleConnections m_idle; // before the context, which destroys the connections
    boost::asio::io_context m_context{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> m_work;
    Thread m_thread;
};

/// The threads that serve requests. Each listener accepts on all of them. The pool limits the connections of all listeners together.
class IoPool {
public:
    struct Options {
        std::size_t connectionCountMax = 10'000; // above it, the longest idle connection is closed for a new one
        BodyBudget::Options bodies;
    };

    explicit IoPool(unsigned threadCount) : IoPool{threadCount, Options{}} {}
    IoPool(unsigned threadCount, Options options);
    std::vector<std::unique_ptr<IoThread>>& threads() { return m_threads; }
    void stop();

    // Thread-safe.
    BodyBudget& bodies() { return m_bodies; }
    std::size_t connectionCount() const { return m_connectionCount; }
    void connectionBegan() { ++m_connectionCount; }
    void connectionEnded();
    /// Call it on `thread` before a connection is accepted there. Closes the longest idle one if there are too many. False: all of
    /// them are busy, and this connection cannot be served.
    bool makeRoom(IoThread& thread);
    /// The same for any count, because the process has no descriptor left.
    bool closeLongestIdle(IoThread& thread);
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
    std::vector<std::unique_ptr<IoThread>> m_threads;
};

} // namespace core::http
