#pragma once

#include "core/cluster/links/cluster_port.h"
#include "core/cluster/net/network.h"

namespace core::cluster {

/// What the parts of the port share; they all live on its one thread.
struct Environment {
    Network& network;
    Executor& executor; // the thread
    const ClusterPort::Options& options;
    ClusterPort::Services& services;
    std::function<void()> publish;        // what others see of the port is to be renewed, since they may wait for it
    std::weak_ptr<void> work;             // the thread does not end while somebody has locked it
    std::function<void()> membersHeard{}; // a link has told of members: they are admitted, and may be asked, from now on (Links sets it)
};

} // namespace core::cluster
