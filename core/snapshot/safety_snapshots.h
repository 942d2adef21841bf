#pragma once

#include "core/base/mutex.h"
#include "core/replication/seams/wipe_guard.h"
#include "core/snapshot/snapshots.h"

#include <boost/json/object.hpp>

namespace core::snapshot {

/// Snapshots of a cluster's contents before they were wiped, in a folder of its data directory: `<name>.snap`, and `<name>.json` with a description.
/// They hold their own key material, so the unseal keys of that time open a restored one. Thread-safe.
class SafetySnapshots final : public replication::WipeGuard {
public:
    /// All must outlive this object. An empty `directory` means that the data is in memory and nothing can be kept.
    SafetySnapshots(Snapshots& snapshots, log::Store& store, const barrier::Barrier& barrier, const Clock& clock, Random& random,
                    std::filesystem::path directory, std::function<Snapshots::Identity()> identity);

    Result<Kept> keep(const std::string& reason) override { return keep(reason, Occasion::Wipe); }
    /// The same before a restore. `isUnderSameKeys`: the cluster stays the same, and keeps its roles when this snapshot is restored.
    Result<Kept> keepBeforeRestore(const std::string& reason, bool isUnderSameKeys)
    {
        return keep(reason, isUnderSameKeys ? Occasion::RestoreOfOwnKeys : Occasion::RestoreOfOtherKeys);
    }
    /// True if the cluster keeps its replication roles when this snapshot is restored.
    bool keepsRoles(const std::string& name) const;
    Result<> renew(const std::string& name) override;
    void discard(const std::string& name) override;

    /// As stored, newest first: name, path, bytes, created_at, reason, cluster, index, root, proven_at, inventory. Errors: Io.
    Result<std::vector<boost::json::object>> list() const;
    /// The file with this name. Errors: NotFound, InvalidArgument (not a name).
    Result<std::filesystem::path> fileOf(const std::string& name) const;
    /// Errors: NotFound, Io.
    Result<> remove(const std::string& name);

private:
    enum class Occasion { Wipe, RestoreOfOwnKeys, RestoreOfOtherKeys };
    Result<Kept> keep(const std::string& reason, Occasion occasion);
    Result<> take(const std::string& name, const std::string& reason, bool keepsRoles, const boost::json::object& inventory) CORE_REQUIRES(m_mutex);
    Result<> checkRoom(std::uint64_t contentBytes) const;
    void dropOldest() CORE_REQUIRES(m_mutex);

    Snapshots& m_snapshots;
    log::Store& m_store;
    const barrier::Barrier& m_barrier;
    const Clock& m_clock;
    Random& m_random;
    const std::filesystem::path m_directory;
    const std::function<Snapshots::Identity()> m_identity;
    Mutex m_mutex; // only one is taken at a time
};

inline constexpr std::size_t kSafetySnapshotsMax = 5; // older ones are removed when a new one has been verified

} // namespace core::snapshot
