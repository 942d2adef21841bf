#pragma once

#include "core/mount/router.h"
#include "core/token/token_store.h"

#include <optional>

namespace core::request {

/// Makes the token that an auth method's answer asks for, in the request's transaction, and adds it to `auth`. Returns an answer if the token is
/// refused, or empty if all is well. Errors: those of the views.
Result<std::optional<mount::Response>> issueToken(const barrier::Scope& scope, token::TokenStore& tokens, const mount::Route& route,
                                                  const mount::Request& request, WallTime now, mount::Response& response);

} // namespace core::request
