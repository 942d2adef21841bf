#pragma once

#include "core/route/routed_backend.h"

namespace core::auth {

/// Logins of programs: a role id, which says who logs in, and a secret id, which proves it (spec: auth-approle-cert.md §2). Formats: README.md.
class ApproleBackend final : public route::RoutedBackend {
public:
    ApproleBackend();
    Result<> initialize(mount::Context& context) override;
    Result<bool> maintain(mount::Context& context) override;
};

} // namespace core::auth
