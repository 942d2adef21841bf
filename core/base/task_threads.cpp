#include "core/server/process/worker_pool.h"

#include <string>

namespace core::server {

WorkerPool::WorkerPool(unsigned threadCount)
{
    for (unsigned at = 0; at < threadCount; ++at) {
        m_threads.emplace_back("worker-" + std::to_string(at), Thread::OnFailure::RunAgain, [this] { work(); });
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
        thread.join();
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
        task(); // the thread reports an exception and calls this loop again
    }
}

} // namespace core::server
