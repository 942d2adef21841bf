#pragma once

// For the sources of MemberService.

#include "core/replication/peers/member_service.h"
#include "core/replication/peers/link_verdict.h"

namespace core::replication {

/// One link of this cluster: to a secondary of it, or to its primary.
struct MemberService::LinkView {
    Type type = Type::Performance;
    std::string id; // of the secondary that the link is to, or is of
    bool isToPrimary = false;
    Endpoint otherEnd;
    LogIndex place;    // last relevant index of the primary's log that the secondary has
    std::string state; // of the secondary, as far as it is known
    std::string connectionState;
    LinkFacts facts;
    // what the other end has said
    std::optional<wire::PeerAnswer> said;
    std::string askError;
};

} // namespace core::replication
