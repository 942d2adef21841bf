#pragma once

#include "core/barrier/scope.h"
#include "core/log/store.h"
#include "core/mount/mount_storage.h"

#include <functional>
#include <string>
#include <vector>

namespace core::mount {

/// Takes away what unmounted engines and auth methods left: their data in bounded transactions, the tainted row last, so that
/// a crash in between just goes on. tick() is called by the server's timer on a worker thread, by one at a time.
class MountCleaner {
public:
    /// Told of the keys of each transaction that was committed here.
    using Committed = std::function<void(const std::vector<std::string>& physicalKeys)>;

    MountCleaner(log::Store& store, const barrier::Barrier& barrier, Committed committed);

    /// Works for at most kRoundsPerTick transactions. Mounts of a class that this cluster may not write are left to the
    /// cluster that may. Returns how many keys went. Errors: Sealed, Io, NoSpace, Corrupt; the next tick goes on.
    Result<std::size_t> tick(barrier::WriteAccess access);

    /// On a performance secondary: erases the local data of mounts that are in no table any more, because the primary has
    /// unmounted them or keeps them back. Only while the secondary is in step with its primary. Returns and errors as tick().
    Result<std::size_t> cleanOrphans();

    static constexpr std::size_t kKeysPerRound = 1000;
    static constexpr std::size_t kRoundsPerTick = 64;

private:
    /// One transaction; zero keys: nothing is left.
    Result<std::size_t> round(barrier::WriteAccess access);
    Result<std::size_t> orphanRound();
    Result<std::size_t> commit(log::Transaction transaction);

    log::Store& m_store;
    const barrier::Barrier& m_barrier;
    const Committed m_committed;
};

} // namespace core::mount
