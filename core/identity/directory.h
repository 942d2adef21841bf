#pragma once

#include "core/identity/profile.h"
#include "core/log/changed_keys.h"

#include <array>
#include <atomic>
#include <unordered_map>

namespace core::identity {

/// The profiles of the entities whose tokens are in use, so that a request reads no storage for its entity.
///
/// A reader that finds nothing here notes the generation before it reads the storage. A profile is kept only if no change came in between. So no profile
/// is older than the last change that changed() was called for. Bounded. Thread-safe; the shards' mutexes are leaf locks.
class Directory {
public:
    static constexpr std::size_t kShardCount = 16;
    static constexpr std::size_t kProfilesPerShardMax = 128;
    static constexpr std::size_t kMergedMax = 4096;

    /// The entity with this id, or the one that it was merged into. The transaction of `scope` must not have changed it. Null: none.
    /// Errors: those of the views, Corrupt.
    Result<ProfilePointer> find(const barrier::Scope& scope, const std::string& entityId);

    /// Subscriber of the store: drops what is cached of these keys.
    void changed(const log::ChangedKeys& keys);
    void forgetAll();

private:
    struct alignas(64) Shard {
        mutable SharedMutex mutex;
        std::unordered_map<std::string, ProfilePointer> profiles CORE_GUARDED_BY(mutex);
        std::uint64_t generation CORE_GUARDED_BY(mutex) = 0;
    };
    Shard& shardOf(std::string_view id) { return m_shards[std::hash<std::string_view>{}(id) % kShardCount]; }
    Result<ProfilePointer> findPresent(const barrier::Scope& scope, const std::string& entityId);
    void forgetKey(std::string_view physicalKey);
    void forget(std::string_view entityId);
    /// Forgets entities that others were merged into.
    void forgetMerged();
    /// The entity that this one is known to be merged into, or the id itself.
    std::string presentId(const std::string& id) const CORE_EXCLUDES(m_mergedMutex);

    std::array<Shard, kShardCount> m_shards;
    std::atomic<bool> m_hasMerged{false}; // an entity with merged ids was read; else the map below is empty, and nobody needs its lock
    mutable SharedMutex m_mergedMutex;    // leaf lock
    std::unordered_map<std::string, std::string> m_merged CORE_GUARDED_BY(m_mergedMutex); // old ids, with the present one
    std::uint64_t m_mergedGeneration CORE_GUARDED_BY(m_mergedMutex) = 0;
};

} // namespace core::identity
