#pragma once

#include "core/route/routed_backend.h"

namespace core::engine {

/// KV version 2: versions of a value per path, with metadata, check-and-set and deletion that can be undone
/// (spec: engines-and-auth-api.md §3). Values are kept as the caller's JSON text. Storage format: README.md.
class KvV2Backend final : public route::RoutedBackend {
public:
    KvV2Backend();

    /// Turns what a version 1 mount stored here into first versions.
    Result<> initialize(mount::Context& context) override;

private:
    mount::Response unknownPath(const mount::Request& request) const override;
};

} // namespace core::engine
