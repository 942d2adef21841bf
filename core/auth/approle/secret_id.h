#pragma once

#include "core/auth/approle/index.h"
#include "core/auth/approle/role.h"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace core::auth::approle {

/// What is stored of a secret id: never the id itself, only its digest, as the row's name.
struct SecretId {
    std::string accessor;      // UUID
    std::int64_t usesLeft = 0; // 0: no limit
    std::chrono::seconds ttl{0};
    WallTime createdAt;
    WallTime changedAt;
    std::optional<WallTime> expiresAt; // empty: never
    std::map<std::string, std::string> metadata;
    std::vector<std::string> cidrs;           // where it can be used, as given
    std::vector<std::string> tokenBoundCidrs; // where its tokens can be used

    bool isExpiredAt(WallTime now) const { return expiresAt && *expiresAt <= now; }
};

/// The secret ids of one role. A secret id has up to three rows, which are stored and erased together: itself, its accessor, and the time at which it
/// expires. They are in the storage that all clusters share or, for a role with local secret ids, in this cluster's own. Formats: README.md.
/// Errors of all: Corrupt, Sealed, Io; of those that store also ReadOnly.
class SecretIds {
public:
    static Result<SecretIds> of(mount::Context& context, const Role& role);

    struct Found {
        std::string digest;
        SecretId record;
    };
    Result<std::optional<Found>> find(std::string_view secretId) const;
    struct AccessorAnswer {
        std::optional<Found> found;
        bool isOfAnotherRole = false; // nothing is found then
    };
    Result<AccessorAnswer> findByAccessor(std::string_view accessor) const;
    /// The caller has made sure that the id is not there yet.
    Result<> add(std::string_view secretId, const SecretId& record);
    /// After a use.
    Result<> replace(const Found& found);
    Result<> erase(const Found& found);
    Result<std::vector<std::string>> accessors() const;

private:
    SecretIds(barrier::View storage, const Role& role, SaltedDigests digests);
    Result<std::optional<Found>> at(std::string digest) const;

    barrier::View m_storage;
    std::string m_folder;
    crypto::HmacKey m_key;
    SaltedDigests m_digests;
};

/// Removes expired secret ids and those of roles that are gone, at most kTidiedAtOnce. Returns how many. A cluster that cannot write the shared ones
/// leaves them to its primary and tidies its own. Errors: Corrupt, Sealed, Io.
Result<std::size_t> tidySecretIds(mount::Context& context);
inline constexpr std::size_t kTidiedAtOnce = 1000;

} // namespace core::auth::approle
