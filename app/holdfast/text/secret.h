#pragma once

#include "app/holdfast/text/json.h"

#include <string>

namespace cli {

/// An answer in Vault's envelope. `body` is the answer as the server gave it.
struct Secret {
    Json body;

    const Json& data() const { return body["data"]; }
    const Json& auth() const { return body["auth"]; }
    const Json& wrapInfo() const { return body["wrap_info"]; }
    const Json& warnings() const { return body["warnings"]; }

    /// The envelope as the command line prints it: Vault's order of members, `auth` and `wrap_info` only where filled.
    Json toJson() const;
    /// What -field=NAME prints; null where there is no such field.
    Json field(std::string_view name) const;
};

} // namespace cli
