#include "core/http/io_pool.h"

#include <boost/asio/post.hpp>

#include <algorithm>

namespace core::http {

IoThread::IoThread(std::string name) : m_work{m_context.get_executor()}
{
    // The failure of one connection must not end the others. The handler that threw is gone, and the loop starts again.
    m_thread = Thread{name, Thread::OnFailure::RunAgain, [this] { m_context.run(); }};
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
    m_thread.join();
}

IoPool::IoPool(unsigned threadCount, Options options) : m_options{options}, m_bodies{options.bodies}
{
    for (unsigned at = 0; at < threadCount; ++at) {
        m_threads.push_back(std::make_unique<IoThread>("io-" + std::to_string(at)));
    }
}

void IoPool::stop()
{
    for (auto& thread : m_threads) thread->stop();
}

void IoPool::connectionEnded()
{
    --m_connectionCount;
    ++m_endedCount;
}

bool IoPool::makeRoom(IoThread& thread)
{
    if (m_connectionCount < m_options.connectionCountMax) return true;
    if (closeLongestIdle(thread)) return true;
    // Some connections can have been told to close and are not closed yet.
    return m_connectionCount < m_options.connectionCountMax + m_options.connectionCountMax / 32;
}

bool IoPool::closeLongestIdle(IoThread& thread)
{
    const auto longest = std::ranges::min_element(m_threads, {}, [](const auto& each) { return each->idle().oldest(); });
    if (longest == m_threads.end() || (*longest)->idle().oldest() == SteadyTime::max()) return false;
    IoThread& chosen = **longest;
    if (&chosen == &thread) return chosen.idle().closeLongest();
    chosen.post([&chosen] { chosen.idle().closeLongest(); });
    return true;
}

std::uint64_t IoPool::takeReleasedBytes()
{
    constexpr std::uint64_t kConnectionBytes = 8 * 1024; // the buffers and frames of one connection, roughly
    return m_bodies.takeReleasedBytes() + m_answerBytes.exchange(0) + m_endedCount.exchange(0) * kConnectionBytes;
}

} // namespace core::http
