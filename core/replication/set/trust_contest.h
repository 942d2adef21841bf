#pragma once

#include "core/replication/set/role.h"
#include "core/trust/trust_log.h"

#include <string>
#include <string_view>
#include <vector>

// Contests of a set's trust log, in words for the operator who decides. Pure: no I/O, no clock.

namespace core::replication {

/// One contested entry. It changes nothing until an operator decides.
struct TrustContest {
    trust::EntryPointer entry;
    std::string cause;    // which entry arrived, and why this cluster does not follow it by itself
    std::string safe;     // what this cluster does until an operator chooses
    std::string ifChosen; // the effect of choosing this entry
    std::string nextStep; // with the commands
};

/// The contests of the log, as this cluster (`ownKey`: its member key) with this role sees them. `isPlayed` is false on a DR secondary,
/// which only keeps the log of its primary's performance set.
std::vector<TrustContest> contestsOf(const Role& role, bool isPlayed, Type type, const trust::TrustLog& log, std::string_view ownKey);

} // namespace core::replication
