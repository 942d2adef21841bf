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
    bool isEnding = false; // it has had its last answer: what still comes is not looked at
    std::string id; // of the secondary; a peer's fingerprint; empty: not let in
    SteadyTime since;
    std::string pull(); // as the connection's
    std::unique_ptr<replication::PrimaryLink> link;
    std::deque<std::string> outgoing;
    std::size_t outgoingBytes = 0;
    std::size_t inFlight = 0;
    std::uint64_t forwardedThrough = 0; // sequence of the last forwarded request
    bool isElsewhere = false; // forwards to a primary that has handed its role over: told so, for a while

    void send(std::string frame)
    {
        outgoingBytes += frame.size();
        outgoing.push_back(std::move(frame));
    }
    /// What waits for the other end to read.
    std::size_t waitingBytes() const { return outgoingBytes + (link ? link->queuedBytes() : 0); }
};

} // namespace core::cluster
