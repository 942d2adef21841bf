#pragma once

#include "core/base/thread.h"
#include "core/http/io_loop.h"

#include <boost/asio/executor_work_guard.hpp>

#include <string>

namespace core::http {

/// A loop that runs on a thread of its own, by the system's clock.
class IoThread final : public IoLoop {
public:
    explicit IoThread(const std::string& name);
    ~IoThread() override;

    SteadyTime now() const override;
    std::unique_ptr<Timer> makeTimer() override;
    /// Joins the thread too.
    void stop() override;

private:
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> m_work;
    Thread m_thread;
};

} // namespace core::http
