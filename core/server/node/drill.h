#pragma once

#include "core/replication/manager/manager.h"
#include "core/server/node/node_options.h"
#include "core/server/process/worker_pool.h"
#include "core/snapshot/snapshots.h"

#include <boost/json/object.hpp>

namespace core::server {

/// The rehearsal of a failover: promotes a copy of a DR secondary's data in a server of its own, reads from it, takes it down and keeps
/// what was seen. Nothing of the cluster itself changes, and the copy reaches nothing outside the process: it has no listener, no
/// links, no audit devices, and nothing is due in it. Thread-safe.
class Drill {
public:
    /// All outlive this object.
    struct Services {
        snapshot::Snapshots& snapshots;
        log::Store& store;
        const barrier::Barrier& barrier;
        const replication::ReplicationManager& replication;
        const Clock& clock;
        Random& random;
        const NodeOptions& options;
    };
    explicit Drill(Services services);
    ~Drill() { stop(); }

    /// Begins one; it goes on by itself. Its id. Errors: FailedPrecondition (one is running).
    Result<std::string> start();
    /// The drill that is running, else the last one, as it was stored; without any stored name or path. Empty: there was none.
    /// Errors: Sealed, Corrupt, Io.
    Result<boost::json::object> evidence() const;
    /// Ends the one that is running after its present step.
    void stop();

    /// Where the evidence is stored.
    static constexpr std::string_view kFolder = "core/replication/dr/";
    static constexpr std::string_view kName = "drill";

private:
    class Rehearsal;
    void finish(boost::json::object evidence) CORE_EXCLUDES(m_mutex);

    const Services m_services;
    std::atomic<bool> m_isStopping{false};
    mutable Mutex m_mutex; // leaf lock
    std::optional<boost::json::object> m_running CORE_GUARDED_BY(m_mutex);
    WorkerPool m_thread{1}; // last: it uses all the above
};

} // namespace core::server
