#pragma once

#include "core/mount/router.h"
#include "core/route/routed_backend.h"

namespace core::identity {

/// The mount `identity/`: entities, their aliases, groups, and identity tokens (spec: identity-api.md). A built-in mount like sys/ and cubbyhole/.
///
/// Thread-safe: all state is in the storage.
class IdentityBackend final : public route::RoutedBackend {
public:
    /// `router` must outlive this object. It knows the auth mounts of this cluster. `apiAddress` is this cluster's, for the issuer of identity tokens.
    IdentityBackend(const mount::Router& router, std::string apiAddress);

    const mount::Router& router() const { return m_router; }
    const std::string& apiAddress() const { return m_apiAddress; }

    /// Rotates the keys of identity tokens, on the primary only.
    Result<bool> maintain(mount::Context& context) override;

private:
    const mount::Router& m_router;
    const std::string m_apiAddress;
};

} // namespace core::identity
