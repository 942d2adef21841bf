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
    /// `apiAddress` is what a JWT names as this cluster's address; may give an empty text.
    /// `authority`, where there is one: the member key (base64) with which this cluster proves itself to whoever the token activates.
    Wrapping(TokenStore& tokens, std::function<std::string()> apiAddress, std::function<std::string()> authority = {});

    struct Made {
        std::string token; // the JWT, in that form
        std::string accessor;
    };
    /// `wrapped.createdAt` and `ttl` are the caller's. Errors: those of the views, also ReadOnly (no signing key yet, and
    /// this cluster may not make one).
    /// `tokenPath` is the path that made the token, where that is not the one that made the answer (rewrap).
    Result<Made> wrap(const barrier::Scope& scope, const WrappedEntry& wrapped, std::string_view tokenPath = {});

    /// Whether the token may leave another wrapped answer of this size behind, see WrapBudget; wrap() counts, and refuses nothing.
    bool hasRoom(const std::string& creator, std::size_t bytes, WallTime now) { return m_budget.hasRoom(creator, bytes, now); }

    /// What a wrapping token holds, left where it is; nothing: not valid or used.
    Result<std::optional<WrappedEntry>> lookup(const barrier::Scope& scope, std::string_view token, WallTime now);
    /// The same, and the token is dead.
    Result<std::optional<WrappedEntry>> unwrap(const barrier::Scope& scope, std::string_view token, WallTime now);

    /// The token that a JWT of this cluster names; any other text as it is; nothing: a JWT that this cluster has not signed,
    /// or of another kind.
    Result<std::optional<std::string>> tokenBehind(const barrier::Scope& scope, std::string_view text);
    /// Why a text that lookup() or tokenBehind() has refused is not valid, where it is a JWT: used or revoked, expired, altered, or made by
    /// another cluster; an end of a sentence. Empty for anything else, whose history nothing tells. Errors: those of the views.
    Result<std::string> refusalOf(const barrier::Scope& scope, std::string_view text, WallTime now);
    /// Makes the signing key where there is none. The key is shared, so only a cluster that may write shared rows can make it, and it does so
    /// before a secondary needs it. Errors as wrap().
    Result<> prepare(const barrier::Scope& scope);
    /// Errors as wrap().
    Result<crypto::Es512Key::PublicPoint> publicPoint(const barrier::Scope& scope);

    /// Replaces the signing key of the set: whoever was compromised has the former one. JWTs that wait to be unwrapped end with it.
    static Result<> replaceKey(const barrier::Scope& scope);

    /// The signing key may be another one (replication, restore).
    void forgetAll();

private:
    using Key = std::shared_ptr<const crypto::Es512Key>;
    /// Null when there is none yet.
    Result<Key> storedKey(const barrier::Scope& scope);
    Result<Key> key(const barrier::Scope& scope);

    TokenStore& m_tokens;
    std::function<std::string()> m_apiAddress;
    std::function<std::string()> m_authority;
    WrapBudget m_budget;
    Mutex m_mutex;                              // leaf lock
    std::string m_pem CORE_GUARDED_BY(m_mutex); // what m_key was made from; sealed at rest, as secret as the key
    Key m_key CORE_GUARDED_BY(m_mutex);
};

inline constexpr std::string_view kWrappingPolicy = "response-wrapping";
/// Whether the token is one that an answer is wrapped into.
bool isWrappingToken(const TokenEntry& entry);
/// The header that says why a JWT is not valid: for a cluster that is being activated, whose operator needs to know.
inline constexpr std::string_view kWrappingRefusalHeader = "X-Holdfast-Refusal";
inline constexpr std::string_view kInvalidWrappingToken = "wrapping token is not valid or does not exist";

} // namespace core::token
