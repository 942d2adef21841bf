#pragma once

#include "core/identity/profile.h"

#include <boost/json/object.hpp>

namespace core::identity {

/// Claims that a token's template adds: JSON with expressions in double braces, each of which becomes a JSON value (spec: identity-api.md §10.3).
inline constexpr std::size_t kClaimsBytesMax = 64u << 10; // of a template, and of what it becomes

/// The claims for this entity. A value that the entity does not have is `""`, `{}` or `[]`. Errors: InvalidArgument, whose detail is the API's text: an
/// expression that nobody knows, no JSON object, a claim that the server sets itself, too long.
Result<boost::json::object> claimsFrom(std::string_view claimsText, const Profile& profile, WallTime now);

} // namespace core::identity
