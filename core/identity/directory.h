#pragma once

#include "core/base/guarded_cache.h"
#include "core/identity/profile.h"
#include "core/log/changed_keys.h"

#include <atomic>
#include <unordered_map>

namespace core::identity {

/// The profiles of the entities whose tokens are in use, so that a request reads no storage for its entity.
///
/// No profile is older than the last change that changed() was called for. Bounded. Thread-safe.
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
    Result<ProfilePointer> findPresent(const barrier::Scope& scope, const std::string& entityId);
    void forgetKey(std::string_view physicalKey);
    /// Forgets entities that others were merged into.
    void forgetMerged();
    /// The entity that this one is known to be merged into, or the id itself.
    std::string presentId(const std::string& id) const CORE_EXCLUDES(m_mergedMutex);

    GuardedCache<std::string, Profile, std::hash<std::string>, kShardCount> m_profiles{kProfilesPerShardMax};
    std::atomic<bool> m_hasMerged{false}; // an entity with merged ids was read; else the map below is empty, and nobody needs its lock
    mutable SharedMutex m_mergedMutex;    // leaf lock
    std::unordered_map<std::string, std::string> m_merged CORE_GUARDED_BY(m_mergedMutex); // old ids, with the present one
    std::uint64_t m_mergedGeneration CORE_GUARDED_BY(m_mergedMutex) = 0;
};

} // namespace core::identity
