#pragma once

#include "core/mount/request.h"
#include "core/mount/response.h"
#include "core/mount/router.h"
#include "core/token/token_entry.h"

#include <span>
#include <string>
#include <string_view>

namespace core::audit {

/// What is written of a request, before it is executed and again with its answer. Points to things that outlive the call.
struct Record {
    const mount::Request& request;
    policy::Operation operation = policy::Operation::Read; // as it was decided: create or update
    const mount::Response* response = nullptr;             // null: a request entry
    std::string_view error = {};
    const mount::Route* route = nullptr; // null: no such mount
    /// Refused, or from somebody without a token: data that is long (weight.h) is written as its size only, so that a stranger cannot
    /// make the server hash and write more than it sent.
    bool isDataOmitted = false;
    bool isPolicyChecked = false;
    bool isAllowed = false;
    std::span<const std::string> grantingPolicies = {};
};

} // namespace core::audit
