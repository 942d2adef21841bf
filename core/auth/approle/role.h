#pragma once

#include "core/auth/token_parameters.h"
#include "core/mount/backend.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace core::auth::approle {

inline constexpr std::size_t kIdBytesMax = 4096; // of a role id, a secret id, and a role's name in a request

/// Who may log in, and which token a login gives. Stored as JSON under `role/<name>`.
struct Role {
    std::string name; // lower case
    std::string roleId;
    std::string folder;    // of the role's secret ids. A role that is made again under the same name has another one
    SecretBytes digestKey; // of the secret ids, which are stored under their digests
    bool isSecretIdBound = true;
    bool hasLocalSecretIds = false; // each cluster has its own; chosen when the role is made
    std::int64_t secretIdUses = 0;  // 0: no limit
    std::chrono::seconds secretIdTtl{0};
    std::vector<std::string> secretIdCidrs; // as given
    TokenParameters token;

    /// Without one, everybody who knows the role's id could log in.
    bool hasConstraint() const { return isSecretIdBound || !secretIdCidrs.empty() || !token.boundCidrs.empty(); }
};

/// A new role with a random id. It is not stored.
Role newRole(mount::Context& context, std::string name);

// Errors of all: Corrupt, Sealed, Io; of those that store also ReadOnly.
Result<std::optional<Role>> findRole(const mount::Context& context, std::string_view name);
Result<std::optional<Role>> findRoleById(const mount::Context& context, std::string_view roleId);
/// `formerId`: the id that the stored role has, or empty for a new one. It ends at once.
Result<> storeRole(mount::Context& context, const Role& role, std::string_view formerId);
/// Without its secret ids, which open nothing from then on. The next tidy run of each cluster removes them.
Result<> eraseRole(mount::Context& context, const Role& role);
/// Whether a role has this folder of secret ids.
Result<bool> isFolderOfRole(const mount::Context& context, std::string_view folder);
Result<std::vector<std::string>> roleNames(const mount::Context& context);

} // namespace core::auth::approle
