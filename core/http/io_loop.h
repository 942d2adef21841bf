#pragma once

#include "core/base/clock.h"
#include "core/base/executor.h"
#include "core/http/idle_connections.h"

#include <boost/asio/io_context.hpp>

#include <functional>
#include <memory>

namespace core::http {

/// Calls a function once, on its loop, at a time. The destructor cancels the call.
class Timer {
public:
    virtual ~Timer() = default;
    /// Replaces a call that is still due.
    virtual void set(SteadyTime at, std::function<void()> ring) = 0;
    /// Makes the call that is due soon, no matter when it is due. Does nothing if there is none.
    virtual void ringNow() = 0;
    virtual void cancel() = 0;
};

/// The place where connections are served one step at a time: an io_context with its clock and its timers. Everything in one loop runs on one
/// thread, so that it needs no lock. A loop must outlive its timers.
class IoLoop : public Executor {
public:
    /// Queues the task; it runs after the present work of the loop.
    void post(Task task) override;
    boost::asio::io_context& context() { return m_context; }
    /// Used only in this loop.
    IdleConnections& idle() { return m_idle; }
    /// For deadlines.
    virtual SteadyTime now() const = 0;
    virtual std::unique_ptr<Timer> makeTimer() = 0;
    /// Runs no more tasks. Idempotent.
    virtual void stop() = 0;

private:
    IdleConnections m_idle; // before the context, which destroys the connections
    boost::asio::io_context m_context{1};
};

} // namespace core::http
