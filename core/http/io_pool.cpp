#include "core/http/io_pool.h"

#include "core/base/logging.h"

#include <boost/asio/post.hpp>

#include <exception>
#include <pthread.h>

namespace core::http {

IoThread::IoThread(std::string name)
    : m_work{m_context.get_executor()}
{
    m_thread = std::thread{[this, name = std::move(name)] {
        ::pthread_setname_np(::pthread_self(), name.substr(0, 15).c_str());
        while (true) {
            try {
                m_context.run();
                return;
            } catch (const std::exception& failure) {
                // One connection's failure must not take the others down; the handler that threw is gone.
                logging::error("http", "a handler failed", {{"error", failure.what()}});
            }
        }
    }};
}

IoThread::~IoThread()
{
    stop();
}

void IoThread::post(Task task)
{
    boost::asio::post(m_context, [task = std::move(task)]() mutable { task(); });
}

void IoThread::stop()
{
    m_work.reset();
    m_context.stop();
    if (m_thread.joinable()) m_thread.join();
}

IoPool::IoPool(unsigned threadCount)
{
    for (unsigned at = 0; at < threadCount; ++at) {
        m_threads.push_back(std::make_unique<IoThread>("io-" + std::to_string(at)));
    }
}

void IoPool::stop()
{
    for (auto& thread : m_threads) thread->stop();
}

} // namespace core::http
