#pragma once

#include "core/log/transaction.h"

#include <deque>

namespace core::log {

/// What the last commits wrote, to tell whether a transaction has read something that was written since it began.
/// Bounded: what began before the oldest commit kept counts as in conflict. Not thread-safe; the committer's.
class RecentWrites {
public:
    explicit RecentWrites(std::size_t bytesMax = 8u << 20) : m_bytesMax{bytesMax} {}

    bool conflicts(LogIndex readAt, const Transaction::Reads& reads) const;
    /// Writes of the commit `index`, which is above all before.
    void add(LogIndex index, std::string_view key);
    /// Forgets the commits from `first` on: they failed.
    void removeFrom(LogIndex first);
    /// Everything that began before `index` is in conflict from now on, whatever it read.
    void reset(LogIndex index);

private:
    struct Write {
        std::uint64_t hash = 0;
        LogIndex index;
        std::uint32_t keyAt = 0;
        std::uint32_t keyBytes = 0;
    };
    /// Some commits' writes; used again when they are old, so that nothing is allocated in the long run.
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
