#pragma once

#include "core/replication/set/members.h"

namespace core::replication {

inline constexpr std::size_t kFormerPrimariesMax = 4; // of one type; older ones are forgotten

/// A primary that this cluster followed before an operator pointed it to another one. Nothing proves the new one to the former one, so the
/// former one goes on writing if it still runs.
struct FormerPrimary {
    Member member;
    std::string statement; // of its promotion; empty: not known
};

/// At `i/core/replication/<type>/former-primaries`, sealed; newest first. Errors: Sealed, Corrupt, Io. Nothing stored: an empty list.
Result<std::vector<FormerPrimary>> loadFormerPrimaries(const barrier::Scope& scope, Type type);
Result<> storeFormerPrimaries(const barrier::Scope& scope, Type type, const std::vector<FormerPrimary>& primaries);
std::string formerPrimariesKey(Type type);

/// Puts the primary of the stored list of members in front. A list without a primary that can be asked changes nothing. Errors: as above.
Result<> keepFormerPrimary(const barrier::Scope& scope, Type type, const std::string& statement);

} // namespace core::replication
