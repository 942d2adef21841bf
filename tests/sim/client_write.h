#pragma once

#include "tests/sim/cluster.h"

namespace sim {

/// A client's write between its beginning and its answer.
struct Cluster::Write {
    log::Transaction transaction;
    std::shared_ptr<bool> isAlive;
    bool isShared = false;
    bool isLocal = false;
    std::vector<mount::MountEntry> mounts{}; // the mounts that it writes into
};

} // namespace sim
