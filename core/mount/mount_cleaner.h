#pragma once

#include "core/barrier/scope.h"
#include "core/log/store.h"
#include "core/mount/mount_storage.h"

#include <string>
#include <vector>

namespace core::mount {

/// Removes what unmounted engines and auth methods have left: first the data, in bounded transactions, then the tainted row. So after a crash it just
/// continues. The server's timer calls tick() on a worker thread, one call at a time.
class MountCleaner {
public:
    MountCleaner(log::Store& store, const barrier::Barrier& barrier) : m_store{store}, m_barrier{barrier} {}

    /// Works for at most kRoundsPerTick transactions. Mounts of a class that this cluster cannot write are left to the cluster that can. Returns the
    /// number of removed keys. Errors: Sealed, Io, NoSpace, Corrupt; the next tick continues.
    Result<std::size_t> tick(barrier::WriteAccess access);

    /// On a performance secondary: erases the local data of mounts that are in no table any more, because the primary has unmounted them or withholds
    /// them. Only while the secondary is in step with its primary. Returns and errors as tick().
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
};

} // namespace core::mount
