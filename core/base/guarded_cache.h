#pragma once

#include "core/base/mutex.h"

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_map>

namespace core {

/// Objects that were made from stored rows, by key: bounded, in shards, never older than the last erase.
///
/// A reader that finds nothing notes the generation of the key's shard, reads the rows, and offers the object with that generation. insert() drops the
/// object if something of the shard was erased in between:
/// 1. A reader finds nothing and reads the old row.
/// 2. A commit replaces the row, and erases its key here.
/// 3. The reader offers the old object. Without the generation, the cache would hold it for good.
/// Thread-safe; the shards' mutexes are leaf locks. (storage::ValueCache has a guard of its own: its writer marks the keys before the write, too.)
template<class Key, class Object, class Hash = std::hash<Key>, std::size_t kShardCount = 16>
class GuardedCache {
public:
    using Pointer = std::shared_ptr<const Object>;
    /// A full shard drops any entry; making it again costs a read.
    explicit GuardedCache(std::size_t entriesPerShardMax) : m_entriesPerShardMax{entriesPerShardMax} {}

    struct Found {
        Pointer object; // null: none
        std::uint64_t generation = 0;
    };
    Found find(const Key& key) const
    {
        const Shard& shard = shardOf(key);
        ReadLock lock{shard.mutex};
        const auto at = shard.entries.find(key);
        return {at == shard.entries.end() ? nullptr : at->second, shard.generation};
    }
    void insert(const Key& key, Pointer object, std::uint64_t generation)
    {
        Shard& shard = shardOf(key);
        WriteLock lock{shard.mutex};
        if (shard.generation != generation) return;
        if (shard.entries.size() >= m_entriesPerShardMax) shard.entries.erase(shard.entries.begin());
        shard.entries.insert_or_assign(key, std::move(object));
    }
    void erase(const Key& key)
    {
        Shard& shard = shardOf(key);
        WriteLock lock{shard.mutex};
        ++shard.generation;
        shard.entries.erase(key);
    }
    /// Erases each object for which `matches(const Object&)` is true.
    template<class Matches>
    void eraseIf(Matches&& matches)
    {
        for (Shard& shard : m_shards) {
            WriteLock lock{shard.mutex};
            ++shard.generation;
            std::erase_if(shard.entries, [&matches](const auto& entry) { return matches(*entry.second); });
        }
    }
    void clear()
    {
        eraseIf([](const Object&) { return true; });
    }

private:
    struct alignas(64) Shard {
        mutable SharedMutex mutex;
        std::unordered_map<Key, Pointer, Hash> entries CORE_GUARDED_BY(mutex);
        std::uint64_t generation CORE_GUARDED_BY(mutex) = 0;
    };
    static std::size_t indexOf(const Key& key) { return (Hash{}(key) >> 7) % kShardCount; }
    Shard& shardOf(const Key& key) { return m_shards[indexOf(key)]; }
    const Shard& shardOf(const Key& key) const { return m_shards[indexOf(key)]; }

    const std::size_t m_entriesPerShardMax;
    std::array<Shard, kShardCount> m_shards;
};

} // namespace core
