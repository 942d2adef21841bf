#pragma once

#include "core/barrier/barrier.h"
#include "core/log/store.h"
#include "core/snapshot/archive.h"

namespace core::snapshot {

/// Saves the whole state of a cluster to a file and puts one back. Blocking, for worker threads. Thread-safe.
class Snapshots {
public:
    struct Identity {
        std::string clusterId;
        std::string clusterName;
    };

    /// All outlive this object.
    Snapshots(log::Store& store, const barrier::Barrier& barrier, const Clock& clock, Random& random)
        : m_store{store}
        , m_barrier{barrier}
        , m_clock{clock}
        , m_random{random}
    {}

    /// Shared and local data with the seal's configuration; neither the cluster's identity nor its replication roles.
    /// Errors: Sealed, NoSpace, Io.
    Result<Meta> save(const std::filesystem::path& file, const Identity& identity);

    /// Checks the file and nothing else. Errors: Corrupt, Io.
    Result<OpenedArchive> inspect(const std::filesystem::path& file);

    /// Replaces all shared and local data and the seal's configuration by the snapshot's, in one step. The caller then builds
    /// everything above the store anew; it is sealed where the snapshot's keys are not ours. Without `isForced` a snapshot
    /// of other keys is refused. Errors: Corrupt, PermissionDenied (other keys, with the API's text), TooLarge, Io, NoSpace.
    Result<Meta> restore(const std::filesystem::path& file, bool isForced);

private:
    Sealing sealing() const;

    log::Store& m_store;
    const barrier::Barrier& m_barrier;
    const Clock& m_clock;
    Random& m_random;
};

} // namespace core::snapshot
