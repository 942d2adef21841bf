#include "core/server/process/password_pool.h"

#include "core/base/logging.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace core::server {
namespace {

/// On Linux the priority belongs to the thread, which is named by its kernel id.
void lowerPriority(int niceness)
{
    const auto thread = static_cast<id_t>(::syscall(SYS_gettid));
    if (::setpriority(PRIO_PROCESS, thread, niceness) != 0) {
        logging::warn("core", "the priority of password checks cannot be lowered", {{"error", std::strerror(errno)}});
    }
}

} // namespace

unsigned PasswordPool::defaultThreadCount()
{
    return std::clamp(std::thread::hardware_concurrency(), 2u, 5u) - 1;
}

PasswordPool::PasswordPool(Options options) : m_options{options}
{
    for (unsigned at = 0; at < std::max(1u, m_options.threadCount); ++at) {
        m_threads.emplace_back("password-" + std::to_string(at), Thread::OnFailure::RunAgain, [this] {
            lowerPriority(m_options.niceness);
            work();
        });
    }
}

PasswordPool::~PasswordPool()
{
    stop();
}

BoundedExecutor::Admission PasswordPool::post(std::string_view sender, Work work)
{
    MutexLock lock{m_mutex};
    if (m_isStopping || m_queuedCount >= m_options.queuedMax) return Admission::Full;
    const auto known = std::ranges::find(m_senders, sender, &Sender::name); // there are at most as many senders as queued work
    if (known == m_senders.end()) {
        Sender added{std::string{sender}, {}};
        added.queue.push_back(std::move(work));
        m_senders.push_back(std::move(added));
    } else {
        if (known->queue.size() >= m_options.queuedBySenderMax) return Admission::SenderFull;
        known->queue.push_back(std::move(work));
    }
    ++m_queuedCount;
    m_wake.notifyOne();
    return Admission::Taken;
}

BoundedExecutor::Work PasswordPool::takeNext()
{
    auto& sender = m_senders.front();
    Work next = std::move(sender.queue.front());
    sender.queue.pop_front();
    --m_queuedCount;
    if (sender.queue.empty()) {
        m_senders.pop_front();
    } else {
        m_senders.splice(m_senders.end(), m_senders, m_senders.begin());
    }
    return next;
}

void PasswordPool::stop()
{
    {
        MutexLock lock{m_mutex};
        m_isStopping = true;
        m_wake.notifyAll();
    }
    for (auto& thread : m_threads) thread.join();
}

void PasswordPool::work()
{
    while (true) {
        Work next;
        bool isStopping = false;
        {
            MutexLock lock{m_mutex};
            while (m_queuedCount == 0 && !m_isStopping) m_wake.wait(m_mutex);
            if (m_queuedCount == 0) return;
            next = takeNext();
            isStopping = m_isStopping;
        }
        next(isStopping); // the thread reports an exception and calls this loop again
    }
}

} // namespace core::server
