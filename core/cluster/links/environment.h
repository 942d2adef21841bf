#pragma once

#include "core/cluster/links/cluster_port.h"
#include "core/cluster/net/network.h"

namespace core::cluster {

/// Shared by the parts of the port. They all run on its one thread.
struct Environment {
    Network& network;
    Executor& executor; // the thread
    const ClusterPort::Options& options;
    ClusterPort::Services& services;
    std::function<void()> publish;        // refreshes what other threads see of the port; they may be waiting for it
    std::weak_ptr<void> work;             // while somebody has locked it, the thread does not end
    std::function<void()> membersHeard{}; // a link has named members: from now on they are admitted and may be asked (set by LinkRunner)
};

} // namespace core::cluster
