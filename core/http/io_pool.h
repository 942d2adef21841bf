#pragma once

#include "core/base/executor.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <memory>
#include <thread>
#include <vector>

namespace core::http {

/// One thread with its own io_context: what runs on it never needs a lock against itself.
class IoThread final : public Executor {
public:
    explicit IoThread(std::string name);
    ~IoThread() override;

    /// Queues the task behind what the thread is doing.
    void post(Task task) override;
    boost::asio::io_context& context() { return m_context; }
    /// Lets no handler run any more and joins the thread. Idempotent.
    void stop();

private:
    boost::asio::io_context m_context{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> m_work;
    std::thread m_thread;
};

/// The threads that serve requests; each listener accepts on every one of them.
class IoPool {
public:
    explicit IoPool(unsigned threadCount);
    std::vector<std::unique_ptr<IoThread>>& threads() { return m_threads; }
    void stop();

private:
    std::vector<std::unique_ptr<IoThread>> m_threads;
};

} // namespace core::http
