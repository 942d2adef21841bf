#pragma once

#include "core/mount/backend.h"

namespace core::engine {

/// KV version 2: versions of a value per path, with metadata, check-and-set and deletion that can be undone
/// (spec: engines-and-auth-api.md §3). Values are kept as the caller's JSON text. Storage format: README.md.
class KvV2Backend final : public mount::Backend {
public:
    Result<mount::Response> handle(const mount::Request& request, mount::Context& context) override;
    Result<std::optional<bool>> exists(const mount::Request& request, mount::Context& context) override;
    /// Turns what a version 1 mount stored here into first versions.
    Result<> initialize(mount::Context& context) override;
    std::string help(std::string_view relativePath) const override;
};

} // namespace core::engine
