#pragma once

#include "core/identity/directory.h"
#include "core/mount/router.h"
#include "core/request/outcome.h"
#include "core/token/token_store.h"

namespace core::request {

/// Makes the token that an auth method's answer asks for, in the request's transaction, and adds it to `auth`, or refuses it.
Outcome issueToken(const barrier::Scope& scope, token::TokenStore& tokens, const mount::MountRoute& route, const mount::Request& request,
                   WallTime now, mount::Response& response);

/// Sets the entity of a login's answer, in the request's transaction. Other answers stay as they are. Returns the answer, or a refusal. Errors: ReadOnly
/// (the primary must do the login), those of the views, Corrupt.
Result<mount::Response> addEntity(const barrier::Scope& scope, const mount::MountRoute& route, Random& random, WallTime now,
                                  mount::Response response);

/// Adds the policies of the entity to `auth`, which describes a token. Errors: those of the views, Corrupt.
Result<> addIdentityPolicies(const barrier::Scope& scope, identity::Directory& directory, mount::Auth& auth);

} // namespace core::request
