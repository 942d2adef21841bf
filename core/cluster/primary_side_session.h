#pragma once

// For the sources of PrimarySide.

#include "core/cluster/primary_side.h"

#include <deque>

namespace core::cluster {

/// One connection of a secondary or a peer.
struct PrimarySide::Session {
    std::shared_ptr<Connection> connection;
    replication::Type type = replication::Type::Performance;
    bool isForward = false;
    bool isPeer = false;
    std::string id; // of the secondary; a peer's fingerprint; empty: not let in
    SteadyTime since;
    std::string pull(); // as the connection's
    std::unique_ptr<replication::PrimaryLink> link;
    std::deque<std::string> outgoing;
    std::size_t inFlight = 0;
    std::uint64_t forwardedThrough = 0; // sequence of the last forwarded request
};

} // namespace core::cluster
