#pragma once

// For the sources of PrimarySide.

#include "core/cluster/links/primary_side.h"

#include <deque>
#include <optional>

namespace core::cluster {

/// One connection of a secondary or a member.
struct PrimarySide::Session {
    std::shared_ptr<Connection> connection;
    replication::Type type = replication::Type::Performance;
    bool isForward = false;
    bool isPeer = false;
    bool isConnected = false; // a link whose secondary was welcomed
    bool isEnding = false;    // the last answer was sent; further frames are not read
    std::string id;           // of the secondary; on a member's connection its fingerprint; empty: not admitted
    SteadyTime since;
    std::string pull(); // for the connection's callback
    std::unique_ptr<replication::PrimaryLink> link;
    std::deque<std::string> outgoing;
    std::size_t outgoingBytes = 0;
    std::size_t inFlight = 0;
    std::size_t inFlightBytes = 0;             // of forwarded requests, in bytes received
    std::optional<SteadyTime> unfinishedSince; // a frame has begun to arrive; checked by tick()
    std::uint64_t forwardedThrough = 0;        // sequence of the last forwarded request
    bool isProven = false;                     // of a forwarding connection
    replication::SecondaryClaim said;          // last reported
    bool isElsewhere = false;                  // of a primary that has handed over its role: its forwarding secondaries are told so, for a while

    void send(std::string frame)
    {
        outgoingBytes += frame.size();
        outgoing.push_back(std::move(frame));
    }
    /// Bytes that wait for the other end to read, or are being worked on for it.
    std::size_t waitingBytes() const { return outgoingBytes + inFlightBytes + (link ? link->queuedBytes() : 0); }
    std::size_t bytesMax(replication::FrameType type) const;
};

} // namespace core::cluster
