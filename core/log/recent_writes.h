#pragma once

#include "core/log/transaction.h"

#include <deque>

namespace core::log {

/// The keys that the last commits wrote. The committer uses them to find out whether a transaction read a key that was written after the transaction
/// began. Bounded: a transaction that began before the oldest commit in here counts as a conflict. Not thread-safe; only the committer uses it.
class RecentWrites {
public:
    explicit RecentWrites(std::size_t bytesMax = 8u << 20) : m_bytesMax{bytesMax} {}

    bool conflicts(LogIndex readAt, const Transaction::Reads& reads) const;
    /// Adds a write of the commit `index`. Indexes never go down.
    void add(LogIndex index, std::string_view key);
    /// Forgets the commits from `first` on, because they failed.
    void removeFrom(LogIndex first);
    /// From now on every transaction that began before `index` is a conflict, even if it read nothing.
    void reset(LogIndex index);

private:
    struct Write {
        std::uint64_t hash = 0;
        LogIndex index;
        std::uint32_t keyAt = 0;
        std::uint32_t keyBytes = 0;
    };
    /// The writes of some commits. Old chunks are used again, so that in the long run nothing is allocated.
    struct Chunk {
        std::vector<Write> writes;
        std::string keys;
        std::string_view keyOf(const Write& write) const { return std::string_view{keys}.substr(write.keyAt, write.keyBytes); }
    };
    template<class Visit>
    bool anySince(LogIndex readAt, Visit&& visit) const;

    const std::size_t m_bytesMax;
    std::deque<Chunk> m_chunks;
    LogIndex m_completeFrom; // every write with a greater index is here
    LogIndex m_resetAt;
};

} // namespace core::log
