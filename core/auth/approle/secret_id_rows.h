#pragma once

#include "core/auth/approle/secret_id.h"

namespace core::auth::approle {

/// The rows of secret ids in one storage (README.md). SecretIds reads and stores those of one role, the tidy run those of all.
struct SecretIdRows {
    static std::string encode(const SecretId& record);
    /// Errors: Corrupt.
    static Result<SecretId> decode(std::string_view text);

    static std::string idPath(std::string_view folder, std::string_view digest);
    static std::string accessorPath(std::string_view saltedAccessor);
    /// Paths sort by time.
    static std::string expiryPath(WallTime at, std::string_view folder, std::string_view digest);

    /// Erases all rows of a secret id.
    static Result<> erase(barrier::View& storage, const SaltedDigests& digests, std::string_view folder, std::string_view digest,
                          const SecretId& record);

    static constexpr std::string_view kIdsFolder = "secret_id/";
    static constexpr std::string_view kExpiryFolder = "secret_id_expiry/";
};

} // namespace core::auth::approle
