#pragma once

#include "core/mount/router.h"
#include "core/route/routed_backend.h"

namespace core::identity {

/// The mount `identity/`: entities, their aliases, and groups (spec: identity-api.md). A built-in mount like sys/ and cubbyhole/.
///
/// Thread-safe: all state is in the storage.
class IdentityBackend final : public route::RoutedBackend {
public:
    /// `router` must outlive this object. It knows the auth mounts of this cluster.
    explicit IdentityBackend(const mount::Router& router);

    const mount::Router& router() const { return m_router; }

private:
    const mount::Router& m_router;
};

} // namespace core::identity
