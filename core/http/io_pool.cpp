#include "core/http/io_pool.h"

#include "core/http/io_thread.h"

#include <algorithm>

namespace core::http {

namespace {

IoPool::Loops makeThreads(unsigned count)
{
    IoPool::Loops loops;
    for (unsigned at = 0; at < count; ++at) loops.push_back(std::make_unique<IoThread>("io-" + std::to_string(at)));
    return loops;
}

} // namespace

IoPool::IoPool(unsigned threadCount, Options options) : IoPool{makeThreads(threadCount), options} {}

IoPool::IoPool(Loops loops, Options options) : m_options{options}, m_bodies{options.bodies}, m_loops{std::move(loops)} {}

void IoPool::stop()
{
    for (auto& loop : m_loops) loop->stop();
}

void IoPool::connectionEnded()
{
    --m_connectionCount;
    ++m_endedCount;
}

bool IoPool::makeRoom(IoLoop& loop)
{
    if (m_connectionCount < m_options.connectionCountMax) return true;
    if (closeLongestIdle(loop)) return true;
    // Some connections can be closing and are not closed yet.
    return m_connectionCount < m_options.connectionCountMax + m_options.connectionCountMax / 32;
}

bool IoPool::closeLongestIdle(IoLoop& loop)
{
    const auto longest = std::ranges::min_element(m_loops, {}, [](const auto& each) { return each->idle().oldest(); });
    if (longest == m_loops.end() || (*longest)->idle().oldest() == SteadyTime::max()) return false;
    IoLoop& chosen = **longest;
    if (&chosen == &loop) return chosen.idle().closeLongest();
    chosen.post([&chosen] { chosen.idle().closeLongest(); });
    return true;
}

std::uint64_t IoPool::takeReleasedBytes()
{
    constexpr std::uint64_t kConnectionBytes = 8 * 1024; // the buffers and frames of one connection, roughly
    return m_bodies.takeReleasedBytes() + m_answerBytes.exchange(0) + m_endedCount.exchange(0) * kConnectionBytes;
}

} // namespace core::http
