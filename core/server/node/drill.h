#pragma once

#include "core/base/task_threads.h"
#include "core/replication/manager/manager.h"
#include "core/server/node/node_options.h"
#include "core/snapshot/snapshots.h"

#include <boost/json/object.hpp>

namespace core::server {

/// The rehearsal of a failover: promotes a copy of a DR secondary's data in a server of its own, reads from it, stops it and stores
/// the evidence. The cluster itself does not change, and the copy reaches nothing outside the process: it has no listener, no
/// links, no audit devices, and no scheduled work. Thread-safe.
class Drill {
public:
    /// All must outlive this object.
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

    /// Starts a drill, which runs on its own, and returns its id. Errors: FailedPrecondition (one is running).
    Result<std::string> start();
    /// The running drill, or else the last one as stored. It contains no stored names or paths. Empty: there was none.
    /// Errors: Sealed, Corrupt, Io.
    Result<boost::json::object> evidence() const;
    /// Ends the running drill after its present step.
    void stop();

    /// The path of the stored evidence.
    static constexpr std::string_view kFolder = "core/replication/dr/";
    static constexpr std::string_view kName = "drill";

private:
    class Rehearsal;
    void finish(boost::json::object evidence) CORE_EXCLUDES(m_mutex);

    const Services m_services;
    std::atomic<bool> m_isStopping{false};
    mutable Mutex m_mutex; // leaf lock
    std::optional<boost::json::object> m_running CORE_GUARDED_BY(m_mutex);
    TaskThreads m_thread{"drill", 1}; // last, because it uses everything above
};

} // namespace core::server
