#pragma once

#include "core/base/result.h"
#include "core/mount/request.h"

#include <string>
#include <string_view>
#include <vector>

namespace core::http {

/// A listener's keys x_forwarded_for_*, with Vault's meaning and defaults. Without authorized networks the header is ignored.
struct ForwardedForRules {
    std::vector<std::string> authorizedNetworks; // x_forwarded_for_authorized_addrs
    std::size_t hopSkips = 0;                    // from the right end of the chain
    bool rejectsNotAuthorized = true;            // true: a header from an unauthorized peer is a 400; false: it is ignored
    bool rejectsNotPresent = true;               // true: a missing header is a 400; false: the peer's own address counts

    bool isOn() const { return !authorizedNetworks.empty(); }
};

/// The address that counts as the client's for bound networks, audit and lockout. `headers` have lower-case names; several
/// X-Forwarded-For headers are one chain. Errors: InvalidArgument, whose detail is for the client (400).
Result<std::string> clientAddress(const ForwardedForRules& rules, std::string_view peerAddress, const std::vector<mount::Header>& headers);

} // namespace core::http
