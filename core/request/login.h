#pragma once

#include "core/mount/router.h"
#include "core/token/token_store.h"

#include <optional>

namespace core::request {

/// Makes the token that an auth method's answer asks for, in the request's transaction, and completes `auth` with it.
/// Nothing: done; else the refusal. Errors: those of the views.
Result<std::optional<mount::Response>> issueToken(const barrier::Scope& scope, token::TokenStore& tokens, const mount::Route& route,
                                                  const mount::Request& request, WallTime now, mount::Response& response);

} // namespace core::request
