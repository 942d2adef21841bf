#include "core/log/recent_writes.h"

#include <algorithm>

namespace core::log {

namespace {

constexpr std::size_t kChunkBytes = 64u << 10;
constexpr std::size_t kSortAbove = 8; // fewer keys than this are compared one by one

std::uint64_t hashOf(std::string_view key)
{
    return std::hash<std::string_view>{}(key);
}

} // namespace

template<class Visit>
bool RecentWrites::anySince(LogIndex readAt, Visit&& visit) const
{
    // From the newest write backwards: most transactions are young, so the loop ends after a few steps.
    for (auto chunk = m_chunks.rbegin(); chunk != m_chunks.rend(); ++chunk) {
        for (auto write = chunk->writes.rbegin(); write != chunk->writes.rend(); ++write) {
            if (write->index <= readAt) return false;
            if (visit(*chunk, *write)) return true;
        }
    }
    return false;
}

bool RecentWrites::conflicts(LogIndex readAt, const Transaction::Reads& reads) const
{
    if (readAt < m_resetAt) return true;
    if (reads.keys.empty() && reads.ranges.empty()) return false;
    // The oldest commits have been dropped, so it is unknown what this transaction missed. A false conflict is safe: the request runs again.
    if (readAt < m_completeFrom) return true;
    if (m_chunks.empty() || m_chunks.back().writes.empty() || m_chunks.back().writes.back().index <= readAt) return false;

    std::vector<std::pair<std::uint64_t, const std::string*>> hashes;
    hashes.reserve(reads.keys.size());
    for (const auto& key : reads.keys) hashes.emplace_back(hashOf(key), &key);
    const bool isSorted = hashes.size() > kSortAbove;
    if (isSorted) std::sort(hashes.begin(), hashes.end());
    return anySince(readAt, [&](const Chunk& chunk, const Write& write) {
        auto at = isSorted ? std::lower_bound(hashes.begin(), hashes.end(), write.hash,
                                              [](const auto& entry, std::uint64_t hash) { return entry.first < hash; })
                           : hashes.begin();
        for (; at != hashes.end() && (!isSorted || at->first == write.hash); ++at) {
            // Hashes can collide, so equal hashes are followed by a comparison of the keys.
            if (at->first == write.hash && *at->second == chunk.keyOf(write)) return true;
        }
        return std::any_of(reads.ranges.begin(), reads.ranges.end(), [&](const Transaction::Range& range) {
            const auto key = chunk.keyOf(write);
            return key >= range.from && (range.to.empty() || key < range.to);
        });
    });
}

void RecentWrites::add(LogIndex index, std::string_view key)
{
    if (m_chunks.empty() || m_chunks.back().keys.size() + m_chunks.back().writes.size() * sizeof(Write) > kChunkBytes) {
        Chunk chunk;
        if (m_chunks.size() * kChunkBytes >= m_bytesMax) {
            // The oldest chunk is used again. Transactions that began before its last write can no longer be checked.
            chunk = std::move(m_chunks.front());
            m_chunks.pop_front();
            m_completeFrom = std::max(m_completeFrom, chunk.writes.back().index);
            chunk.writes.clear();
            chunk.keys.clear();
        }
        m_chunks.push_back(std::move(chunk));
    }
    Chunk& chunk = m_chunks.back();
    chunk.writes.push_back({hashOf(key), index, static_cast<std::uint32_t>(chunk.keys.size()), static_cast<std::uint32_t>(key.size())});
    chunk.keys.append(key);
}

void RecentWrites::removeFrom(LogIndex first)
{
    while (!m_chunks.empty()) {
        Chunk& chunk = m_chunks.back();
        while (!chunk.writes.empty() && chunk.writes.back().index >= first) {
            chunk.keys.resize(chunk.writes.back().keyAt);
            chunk.writes.pop_back();
        }
        if (!chunk.writes.empty()) return;
        m_chunks.pop_back();
    }
}

void RecentWrites::reset(LogIndex index)
{
    m_chunks.clear();
    m_resetAt = m_completeFrom = index;
}

} // namespace core::log
