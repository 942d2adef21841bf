#pragma once

#include "core/identity/profile.h"
#include "core/identity/tokens/token_rows.h"

#include <boost/json/object.hpp>

namespace core::identity {

/// The claims of a role's token for this entity. A template that cannot be filled in adds nothing, and that is logged.
boost::json::object claimsOf(const TokenRole& role, const NamedKey& key, const std::string& issuer, const Profile& profile, WallTime now);
/// How long such a token is valid.
std::chrono::seconds lifeOf(const TokenRole& role, const NamedKey& key);

/// The claims as a JWT that the key's current pair signs. Errors: those of the rows, Corrupt.
Result<std::string> signClaims(const TokenRows& rows, const NamedKey& key, const boost::json::object& claims);

/// The claims of a token of this cluster's set that is valid now. `clientId`: it must be for this audience; empty: for any. Errors: those of the rows;
/// InvalidArgument, whose detail is the API's text.
Result<boost::json::object> verifiedClaims(const TokenRows& rows, std::string_view token, const std::string& issuer, std::string_view clientId,
                                           WallTime now);

} // namespace core::identity
