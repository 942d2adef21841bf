#pragma once

#include "core/mount/backend.h"
#include "core/token/token_entry.h"

namespace core::engine {

/// A folder for every service token, which only that token sees and which goes with it
/// (spec: engines-and-auth-api.md §4). Stored in `l/sys/cubbyhole/<cubbyhole id of the token>/<path>` as JSON text.
class CubbyholeBackend final : public mount::Backend {
public:
    Result<mount::Response> handle(const mount::Request& request, mount::Context& context) override;
    Result<std::optional<bool>> exists(const mount::Request& request, mount::Context& context) override;
    std::string help(std::string_view relativePath) const override;
};

/// Removes what the token kept; for the hook that runs when a token ends. Errors: those of the view.
Result<> eraseCubbyhole(const barrier::Scope& scope, const token::TokenEntry& token);

} // namespace core::engine
