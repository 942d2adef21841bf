#pragma once

#include "core/mount/backend.h"

namespace core::auth {

/// Login by user name and password (spec: engines-and-auth-api.md §7). Users are `user/<name>`, a JSON object with the
/// bcrypt hash and the token parameters.
class UserpassBackend final : public mount::Backend {
public:
    Result<mount::Response> handle(const mount::Request& request, mount::Context& context) override;
    Result<std::optional<bool>> exists(const mount::Request& request, mount::Context& context) override;
    bool isUnauthenticated(policy::Operation, std::string_view path) const override { return path.starts_with("login/"); }
    bool hashesPassword(const mount::Request& request) const override;
    std::string loginAlias(const mount::Request& request) const override;
    std::string help(std::string_view relativePath) const override;
};

} // namespace core::auth
