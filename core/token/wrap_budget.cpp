#include "core/token/wrap_budget.h"

#include <algorithm>
#include <bit>
#include <numeric>

namespace core::token {

WallTime WrapBudget::endOf(WallTime createdAt, std::chrono::seconds ttl)
{
    // Rounded up, so that a token has few different expiry times: at most about 8 for each doubling of its times to live.
    const auto step = std::bit_ceil(static_cast<std::uint64_t>(std::max<std::int64_t>(60, ttl.count() / 8)));
    const auto end = static_cast<std::uint64_t>(std::max<std::int64_t>(0, toUnixSeconds(createdAt) + ttl.count()));
    return WallTime{std::chrono::seconds{static_cast<std::int64_t>((end / step + 1) * step)}};
}

bool WrapBudget::drop(Waiting& waiting, WallTime now)
{
    waiting.erase(waiting.begin(), waiting.upper_bound(now));
    return waiting.empty();
}

void WrapBudget::sweep(WallTime now)
{
    if (now - m_sweptAt < std::chrono::minutes{10} && now >= m_sweptAt) return;
    m_sweptAt = now;
    for (auto at = m_creators.begin(); at != m_creators.end();) at = drop(at->second, now) ? m_creators.erase(at) : std::next(at);
}

bool WrapBudget::hasRoom(std::string_view creator, std::size_t bytes, WallTime now)
{
    MutexLock lock{m_mutex};
    sweep(now);
    const auto at = m_creators.find(creator);
    if (at == m_creators.end() || drop(at->second, now)) return bytes + kBytesEach <= kBytesMax;
    const auto taken =
        std::accumulate(at->second.begin(), at->second.end(), std::size_t{0}, [](std::size_t sum, const auto& each) { return sum + each.second; });
    return taken + bytes + kBytesEach <= kBytesMax;
}

void WrapBudget::take(std::string_view creator, std::size_t bytes, WallTime createdAt, std::chrono::seconds ttl)
{
    MutexLock lock{m_mutex};
    auto at = m_creators.find(creator);
    if (at == m_creators.end()) at = m_creators.emplace(std::string{creator}, Waiting{}).first;
    at->second[endOf(createdAt, ttl)] += bytes + kBytesEach;
}

void WrapBudget::giveBack(std::string_view creator, std::size_t bytes, WallTime createdAt, std::chrono::seconds ttl)
{
    MutexLock lock{m_mutex};
    const auto at = m_creators.find(creator);
    if (at == m_creators.end()) return;
    const auto waiting = at->second.find(endOf(createdAt, ttl));
    if (waiting == at->second.end()) return;
    waiting->second -= std::min(waiting->second, bytes + kBytesEach);
    if (waiting->second == 0) at->second.erase(waiting);
    if (at->second.empty()) m_creators.erase(at);
}

std::size_t WrapBudget::creatorCount() const
{
    MutexLock lock{m_mutex};
    return m_creators.size();
}

} // namespace core::token
