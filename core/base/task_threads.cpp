#include "core/base/task_threads.h"

#include "core/base/at_end.h"

namespace core {

TaskThreads::TaskThreads(const std::string& name, unsigned threadCount)
{
    for (unsigned at = 0; at < threadCount; ++at) {
        m_threads.emplace_back(threadCount == 1 ? name : name + "-" + std::to_string(at), Thread::OnFailure::RunAgain, [this] { work(); });
    }
}

TaskThreads::~TaskThreads()
{
    stop();
}

void TaskThreads::post(Task task)
{
    MutexLock lock{m_mutex};
    if (m_isStopping) return;
    m_tasks.push_back(std::move(task));
    m_wake.notifyOne();
}

void TaskThreads::waitUntilIdle()
{
    MutexLock lock{m_mutex};
    while (!m_tasks.empty() || m_busyCount > 0) m_idle.wait(m_mutex);
}

void TaskThreads::stop()
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

void TaskThreads::endTask()
{
    MutexLock lock{m_mutex};
    --m_busyCount;
    if (m_tasks.empty() && m_busyCount == 0) m_idle.notifyAll();
}

void TaskThreads::work()
{
    while (true) {
        Task task;
        {
            MutexLock lock{m_mutex};
            while (m_tasks.empty() && !m_isStopping) m_wake.wait(m_mutex);
            if (m_tasks.empty()) return;
            task = std::move(m_tasks.front());
            m_tasks.pop_front();
            ++m_busyCount;
        }
        const AtEnd end{[this] { endTask(); }};
        Task running = std::move(task); // destroyed before `end`: who waits until idle can destroy what the task has captured
        running();                      // the thread reports an exception and calls this loop again
    }
}

} // namespace core
