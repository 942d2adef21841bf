#pragma once

// For the sources of PrimarySide.

#include "core/cluster/links/primary_side.h"

#include <deque>
#include <optional>

namespace core::cluster {

/// One connection of a secondary or a peer.
struct PrimarySide::Session {
    std::shared_ptr<Connection> connection;
    replication::Type type = replication::Type::Performance;
    bool isForward = false;
    bool isPeer = false;
    bool isEnding = false; // it has had its last answer: what still comes is not looked at
    std::string id;        // of the secondary; a peer's fingerprint; empty: not let in
    SteadyTime since;
    std::string pull(); // as the connection's
    std::unique_ptr<replication::PrimaryLink> link;
    std::deque<std::string> outgoing;
    std::size_t outgoingBytes = 0;
    std::size_t inFlight = 0;
    std::size_t inFlightBytes = 0;             // of forwarded requests, as they came
    std::optional<SteadyTime> unfinishedSince; // a frame has begun to come; seen by tick()
    std::uint64_t forwardedThrough = 0;        // sequence of the last forwarded request
    bool isProven = false;                     // of a forwarding connection
    replication::SecondaryClaim said;          // that was told on
    bool isElsewhere = false;                  // forwards to a primary that has handed its role over: told so, for a while

    void send(std::string frame)
    {
        outgoingBytes += frame.size();
        outgoing.push_back(std::move(frame));
    }
    /// What waits for the other end to read, or is being worked on for it.
    std::size_t waitingBytes() const { return outgoingBytes + inFlightBytes + (link ? link->queuedBytes() : 0); }
    std::size_t bytesMax(replication::FrameType type) const;
};

} // namespace core::cluster
