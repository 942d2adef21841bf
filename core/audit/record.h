#pragma once

#include "core/mount/request.h"
#include "core/mount/response.h"
#include "core/mount/router.h"
#include "core/token/token_entry.h"

#include <span>
#include <string>
#include <string_view>

namespace core::audit {

/// One entry: a request before it is executed, or a request with its answer. Points to data that must outlive the call.
struct Record {
    const mount::Request& request;
    policy::Operation operation = policy::Operation::Read; // as it was decided: create or update
    const mount::Response* response = nullptr;             // null: a request entry
    std::string_view error = {};
    const mount::MountRoute* route = nullptr; // null: no such mount
    /// The request was refused, or came without a token. Of long data (weight.h) only the size is written. So a stranger cannot
    /// make the server hash and write more than it sent.
    bool isDataOmitted = false;
    bool isPolicyChecked = false;
    bool isAllowed = false;
    std::span<const std::string> grantingPolicies = {};
};

} // namespace core::audit
