#pragma once

#include "app/holdfast/text/json.h"

#include <string>

namespace cli {

/// An answer in Vault's envelope. `body` is the server's answer unchanged.
struct Secret {
    Json body;

    const Json& data() const { return body["data"]; }
    const Json& auth() const { return body["auth"]; }
    const Json& wrapInfo() const { return body["wrap_info"]; }
    const Json& warnings() const { return body["warnings"]; }

    /// The envelope as the command line prints it: in Vault's order of members, with `auth` and `wrap_info` only if they have content.
    Json toJson() const;
    /// What -field=NAME prints; null if there is no such field.
    Json field(std::string_view name) const;
};

} // namespace cli
