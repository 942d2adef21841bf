#pragma once

// For the sources of MemberService.

#include "core/replication/peers/member_service.h"
#include "core/replication/peers/preview.h"

namespace core::replication {

/// The facts about what a promotion would lose, from this cluster and from the others.
struct MemberService::LossSurvey {
    Type type = Type::Dr;
    WallTime now;
    LinkStatus report;
    Position position;
    LossFacts facts;
    bool isLinkUp = false;
    std::vector<Asked> described; // the primary among them
    std::vector<Asked> beyond;    // those that answered
    std::vector<std::string> seenBy;
    std::vector<std::string> older; // "the member "north" runs Holdfast 0.1.0"
    std::uint64_t salvageable = 0;
    std::string salvageFrom;
    std::string betterCandidate;
};

} // namespace core::replication
