#pragma once

#include "core/replication/links/transport.h"
#include "core/replication/peers/link_verdict.h"
#include "core/replication/wire/peer.pb.h"

namespace core::replication {

/// One link of this cluster: to one of its secondaries, or to its primary.
struct LinkView {
    Type type = Type::Performance;
    std::string id; // the secondary at one end of the link
    bool isToPrimary = false;
    Endpoint otherEnd;
    LogIndex place;    // last relevant index of the primary's log that the secondary has
    std::string state; // of the secondary, if known
    std::string connectionState;
    LinkFacts facts;
    // what the other end has said
    std::optional<wire::PeerAnswer> said;
    std::string askError;
    std::string otherName{};  // of the other cluster; empty: not known
    bool isBehindKnown{true}; // false: the other end may have written, or applied, more since it was heard last
};

} // namespace core::replication
