#pragma once

#include "core/auth/token/token_role.h"
#include "core/token/token_entry.h"

namespace core::auth {

/// The inputs that decide the policies of a new token (spec: engines-and-auth-api.md §1.2).
struct PolicyChoice {
    std::vector<std::string> requested;
    const token::TokenEntry& parent;
    const TokenRole* role = nullptr;
    bool isSudo = false;
    bool hasNoDefaultPolicy = false;
};

/// The policies, sorted. Errors: InvalidArgument with the API's text.
Result<std::vector<std::string>> choosePolicies(const PolicyChoice& choice);

} // namespace core::auth
