#pragma once

#include "core/mount/router.h"
#include "core/request/outcome.h"
#include "core/token/token_store.h"

namespace core::request {

/// Makes the token that an auth method's answer asks for, in the request's transaction, and adds it to `auth`, or refuses it.
Outcome issueToken(const barrier::Scope& scope, token::TokenStore& tokens, const mount::Route& route, const mount::Request& request, WallTime now,
                   mount::Response& response);

} // namespace core::request
