#pragma once

#include "core/route/routed_backend.h"

namespace core::auth {

/// Login by user name and password (spec: engines-and-auth-api.md §7). Users are `user/<name>`, a JSON object with the
/// bcrypt hash and the token parameters.
class UserpassBackend final : public route::RoutedBackend {
public:
    UserpassBackend();
};

} // namespace core::auth
