#include "core/server/worker_pool.h"

#include "core/base/logging.h"

#include <exception>
#include <pthread.h>

namespace core::server {

WorkerPool::WorkerPool(unsigned threadCount)
{
    for (unsigned at = 0; at < threadCount; ++at) {
        m_threads.emplace_back([this, at] {
            ::pthread_setname_np(::pthread_self(), ("worker-" + std::to_string(at)).c_str());
            work();
        });
    }
}

WorkerPool::~WorkerPool()
{
    stop();
}

void WorkerPool::post(Task task)
{
    MutexLock lock{m_mutex};
    if (m_isStopping) return;
    m_tasks.push_back(std::move(task));
    m_wake.notifyOne();
}

void WorkerPool::stop()
{
    {
        MutexLock lock{m_mutex};
        m_isStopping = true;
        m_wake.notifyAll();
    }
    for (auto& thread : m_threads) {
        if (thread.joinable()) thread.join();
    }
}

void WorkerPool::work()
{
    while (true) {
        Task task;
        {
            MutexLock lock{m_mutex};
            while (m_tasks.empty() && !m_isStopping) m_wake.wait(m_mutex);
            if (m_tasks.empty()) return;
            task = std::move(m_tasks.front());
            m_tasks.pop_front();
        }
        try {
            task();
        } catch (const std::exception& failure) {
            logging::error("server", "a task failed", {{"error", failure.what()}});
        }
    }
}

} // namespace core::server
