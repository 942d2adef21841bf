#pragma once

#include "core/mount/router.h"

#include <functional>
#include <set>
#include <string>

namespace core::mount {

/// Lets every mount do what no request asks for: remove what has expired, rotate keys. The server's timer calls tick() on a worker thread, one call at
/// a time.
class MountMaintenance {
public:
    /// Runs the work in a transaction of its own, again after a conflict, and commits it.
    using Commit = std::function<Result<>(const std::function<Result<>(const barrier::Scope&)>& work)>;

    MountMaintenance(const Router& router, const Clock& clock, Random& random, Commit commit);

    /// Asks each mount once in kInterval, and at each tick those that have more to do. A mount that fails does not stop the others; it is logged, and
    /// asked again after kInterval.
    void tick();

    static constexpr std::chrono::seconds kInterval{60};

private:
    void maintain(const MountRoute& route);

    const Router& m_router;
    const Clock& m_clock;
    Random& m_random;
    const Commit m_commit;
    SteadyTime m_dueAt;                 // of the next round over all mounts
    std::set<std::string> m_unfinished; // uuids of mounts that have more to do
};

} // namespace core::mount
