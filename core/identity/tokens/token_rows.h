#pragma once

#include "core/barrier/scope.h"
#include "core/base/secret_bytes.h"
#include "core/identity/tokens/named_key.h"

#include <functional>

namespace core::identity {

/// What a client's identity tokens look like: the key that signs, the audience, the life and the claims.
struct TokenRole {
    std::string name;
    std::string key;
    std::string clientId;   // the tokens' audience
    std::string claimsText; // a template of JSON; empty: no further claims
    std::chrono::seconds ttl{std::chrono::hours{24}};
};

/// The stored keys and roles of identity tokens (README.md), in the caller's transaction. Not thread-safe. Errors of all methods: those of the view,
/// Corrupt.
class TokenRows {
public:
    explicit TokenRows(const barrier::Scope& scope);

    Result<std::optional<NamedKey>> key(std::string_view name) const;
    /// How often all members were told to make new keys. Pairs that are older are known to a member that was revoked as compromised.
    Result<std::uint64_t> renewal() const;
    Result<std::vector<std::string>> keyNames() const;
    Result<> putKey(const NamedKey& key);
    /// With all private halves.
    Result<> eraseKey(const NamedKey& key);
    Result<> forEachKey(const std::function<bool(const NamedKey&)>& visit) const;

    /// PKCS#8. Errors: also Corrupt if there is no such half.
    Result<SecretBytes> privateHalf(std::string_view keyId) const;
    Result<> putPrivateHalf(std::string_view keyName, std::string_view keyId, const SecretBytes& pkcs8);
    Result<> erasePrivateHalf(std::string_view keyId);
    /// The name of the key that this pair belongs to; empty: none.
    Result<std::optional<std::string>> nameOf(std::string_view keyId) const;
    Result<> forgetId(std::string_view keyId);

    Result<std::optional<TokenRole>> role(std::string_view name) const;
    Result<std::vector<std::string>> roleNames() const;
    /// The names of the roles that sign with this key, at most `limit`. Sorted.
    Result<std::vector<std::string>> rolesOf(std::string_view keyName, std::size_t limit = SIZE_MAX) const;
    /// Stores a new role, or a changed one whose stored form is `before`.
    Result<> putRole(const std::optional<TokenRole>& before, const TokenRole& after);
    Result<> eraseRole(const TokenRole& role);

    /// As an operator has set it; empty: each cluster uses its own address.
    Result<std::string> issuer() const;
    Result<> putIssuer(std::string_view issuer);

private:
    barrier::Scope m_scope;
    barrier::View m_rows;
};

} // namespace core::identity
