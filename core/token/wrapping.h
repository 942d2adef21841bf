#pragma once

#include "core/base/mutex.h"
#include "core/crypto/jwt.h"
#include "core/token/token_codec.h"
#include "core/token/token_store.h"
#include "core/token/wrap_budget.h"

namespace core::token {

/// Answers behind a one-use token (spec: system-api.md §10, JWT form: replication-behaviour.md §4).
///
/// Contents wait at `l/sys/wrapping/<salted id>` and end with their token. Every method works in the caller's transaction.
/// Thread-safe.
class Wrapping {
public:
    /// `apiAddress` returns the address of this cluster for a JWT; it can be empty. `authority`, if set, returns the member key (base64). With it
    /// this cluster proves its identity to the cluster that the token activates.
    Wrapping(TokenStore& tokens, std::function<std::string()> apiAddress, std::function<std::string()> authority = {});

    struct Made {
        std::string token; // in JWT form, if that was asked for
        std::string accessor;
    };
    /// `wrapped.createdAt` and `ttl` are the caller's. `tokenPath` is the path that made the token, if it differs from the path that made the answer
    /// (rewrap). Errors: those of the views, also ReadOnly (there is no signing key yet, and this cluster cannot make one).
    Result<Made> wrap(const barrier::Scope& scope, const WrappedEntry& wrapped, std::string_view tokenPath = {});

    /// True if the token can leave another wrapped answer of this size; see WrapBudget. wrap() only counts and refuses nothing.
    bool hasRoom(const std::string& creator, std::size_t bytes, WallTime now) { return m_budget.hasRoom(creator, bytes, now); }

    /// The content of a wrapping token, which stays valid. Empty: not valid or used.
    Result<std::optional<WrappedEntry>> lookup(const barrier::Scope& scope, std::string_view token, WallTime now);
    /// The same, but afterwards the token is used up.
    Result<std::optional<WrappedEntry>> unwrap(const barrier::Scope& scope, std::string_view token, WallTime now);

    /// The token that a JWT of this cluster names. Any other text is returned as it is. Empty: a JWT of another kind, or one that this cluster has
    /// not signed.
    Result<std::optional<std::string>> tokenBehind(const barrier::Scope& scope, std::string_view text);
    /// Why lookup() or tokenBehind() has refused a JWT: used or revoked, expired, altered, or made by another cluster. The text is the end of a
    /// sentence. Empty if the text is not a JWT, because nothing is known about it then. Errors: those of the views.
    Result<std::string> refusalOf(const barrier::Scope& scope, std::string_view text, WallTime now);
    /// Makes the signing key if there is none. The key is shared, so only a cluster that can write shared rows makes it, before a secondary needs it.
    /// Errors as wrap().
    Result<> prepare(const barrier::Scope& scope);
    /// Errors as wrap().
    Result<crypto::Es512Key::PublicPoint> publicPoint(const barrier::Scope& scope);

    /// Replaces the signing key of the set, for example because a compromised cluster has the old one. JWTs that wait to be unwrapped become invalid.
    static Result<> replaceKey(const barrier::Scope& scope);

    /// The signing key can have changed (replication, restore).
    void forgetAll();

private:
    using Key = std::shared_ptr<const crypto::Es512Key>;
    /// Null if there is none yet.
    Result<Key> storedKey(const barrier::Scope& scope);
    Result<Key> key(const barrier::Scope& scope);

    TokenStore& m_tokens;
    std::function<std::string()> m_apiAddress;
    std::function<std::string()> m_authority;
    WrapBudget m_budget;
    Mutex m_mutex;                              // leaf lock
    std::string m_pem CORE_GUARDED_BY(m_mutex); // the PEM form of m_key; sealed at rest, as secret as the key
    Key m_key CORE_GUARDED_BY(m_mutex);
};

inline constexpr std::string_view kWrappingPolicy = "response-wrapping";
/// True if an answer is wrapped into this token.
bool isWrappingToken(const TokenEntry& entry);
/// The header that says why a JWT is not valid. For a cluster that is being activated, so that its operator learns the reason.
inline constexpr std::string_view kWrappingRefusalHeader = "X-Holdfast-Refusal";
inline constexpr std::string_view kInvalidWrappingToken = "wrapping token is not valid or does not exist";

} // namespace core::token
