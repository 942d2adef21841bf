#pragma once

#include "core/barrier/scope.h"
#include "core/base/clock.h"
#include "core/base/mutex.h"
#include "core/base/random.h"
#include "core/crypto/hmac.h"
#include "core/log/changed_keys.h"
#include "core/token/token_cache.h"
#include "core/token/token_entry.h"
#include "core/token/token_lease.h"
#include "core/trust/member_keys.h"
#include "core/trust/token_makers.h"

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <set>

namespace core::token {

using TokenPointer = std::shared_ptr<const TokenEntry>; // null: no such token

/// The tokens of this cluster: their rows, how a request's token is found, and how tokens end.
///
/// Every method works in the caller's transaction. check() sees the changes of a commit after changed() was called for it. A token is known by its
/// salted id, the HMAC of its id under a random key of this cluster. Thread-safe. Formats: core/token/README.md.
class TokenStore {
public:
    explicit TokenStore(Random& random);
    ~TokenStore();

    /// The token of a request, from the cache if possible. The transaction of `scope` must have no writes. Null: unknown, expired, used up or
    /// revoked. Errors: Io, Corrupt, Sealed.
    Result<TokenPointer> check(const barrier::Scope& scope, std::string_view id, WallTime now);
    /// The same from the transaction, including its own writes.
    Result<TokenPointer> find(const barrier::Scope& scope, std::string_view id, WallTime now);
    Result<TokenPointer> findByAccessor(const barrier::Scope& scope, std::string_view accessor, WallTime now);
    Result<TokenPointer> findBySaltedId(const barrier::Scope& scope, std::string_view saltedId, WallTime now);
    /// Empty: no such token.
    Result<std::optional<std::string>> saltedIdOfAccessor(const barrier::Scope& scope, std::string_view accessor);
    Result<std::vector<std::string>> accessors(const barrier::Scope& scope) const;

    /// Makes the token that `draft` describes. Id (unless given), accessor and cubbyhole are chosen here; the times are the caller's. Errors:
    /// AlreadyExists (a given id), and those of the views.
    Result<TokenEntry> create(const barrier::Scope& scope, TokenEntry draft);
    /// A token with the root policy that never expires.
    Result<TokenEntry> createRoot(const barrier::Scope& scope, WallTime now);
    /// Stores a changed entry (a renewal), and moves its expiry.
    Result<> replace(const barrier::Scope& scope, std::string_view saltedId, const TokenEntry& before, const TokenEntry& after);
    /// Takes one use of a token with limited uses. usesLeft -1 means that it was the last use; the caller then revokes the token.
    Result<TokenPointer> takeUse(const barrier::Scope& scope, std::string_view id, WallTime now);

    /// Ends the token and all tokens below it. If that is too much for one transaction, sweep() does the rest; these tokens are invalid at once.
    /// Unknown ids are no error.
    Result<> revoke(const barrier::Scope& scope, std::string_view saltedId);
    /// The same, but only if the token has expired. It could have been renewed in the meantime.
    Result<> revokeIfExpired(const barrier::Scope& scope, std::string_view saltedId, WallTime now);
    /// The same, but only if `isEnding` is true for the stored token.
    Result<> revokeIf(const barrier::Scope& scope, std::string_view saltedId, const std::function<bool(const TokenEntry&)>& isEnding);
    /// Ends only this token. Its children become orphans.
    Result<> revokeOrphan(const barrier::Scope& scope, std::string_view saltedId);
    /// Ends every token that was made at a path below `prefix` (ends in '/') until `now`. It writes one row, no matter how many tokens there are, and
    /// they are invalid at once. The caller must remove the tokens later, and then the row.
    Result<> endBelow(const barrier::Scope& scope, std::string_view prefix, WallTime now);
    /// The endings that are not complete. Errors: Corrupt, those of the view.
    Result<std::vector<PathEnding>> pathEndings(const barrier::Scope& scope) const;
    Result<> dropPathEnding(const barrier::Scope& scope, const PathEnding& ending);
    /// True if the token was removed, or has ended by its path or by a token above it. Does not look at its own uses and its expiry.
    Result<bool> hasEndedSoFar(const barrier::Scope& scope, std::string_view saltedId) const;
    /// Continues with revocations that are left, at most `limit` tokens. False: nothing is left.
    Result<bool> sweep(const barrier::Scope& scope, std::size_t limit);
    /// Visits the `limit` service tokens whose index entries come after `after`, even expired ones. Returns where to continue; empty: done. Tokens
    /// that are added at the same time do not conflict.
    using Visit = std::function<Result<>(std::string_view saltedId, const TokenEntry&)>;
    Result<std::string> visitEach(const barrier::Scope& scope, const Visit& visit, const std::string& after, std::size_t limit);
    /// Ends the tokens for which `isEnding` is true, among the `limit` tokens after `after`. Returns where to continue; empty: done.
    Result<std::string> revokeEach(const barrier::Scope& scope, const std::function<bool(const TokenEntry&)>& isEnding, const std::string& after,
                                   std::size_t limit);
    /// Removes index entries whose token is missing. Starts after `after` (empty: at the start). Returns where to continue; empty: done.
    Result<std::string> tidy(const barrier::Scope& scope, std::string after, std::size_t limit);

    /// Called for each token that ends, in the transaction that ends it, to remove what belongs to the token.
    using EndHook = std::function<Result<>(const barrier::Scope&, std::string_view saltedId, const TokenEntry&)>;
    void onEnd(EndHook hook) { m_endHooks.push_back(std::move(hook)); } // before the first request
    /// The same for each service token that is made.
    void onMake(EndHook hook) { m_makeHooks.push_back(std::move(hook)); } // before the first request

    /// Batch tokens carry the signature of the cluster that made them, because every member and every former member of a set can seal one.
    struct BatchTrust {
        std::function<std::optional<trust::MemberKeys>()> ownKeys;
        /// Another cluster whose tokens are valid here. Empty: no such cluster has that key.
        std::function<std::optional<trust::TokenMakers::Maker>(std::string_view publicKey)> maker;
    };
    /// Call it before the first request. Without it, tokens are made and accepted unsigned (tests of this module).
    void setBatchTrust(BatchTrust batchTrust) { m_batchTrust = std::move(batchTrust); }

    /// In hex. Needs the salt, which is made on first use.
    Result<std::string> saltedId(const barrier::Scope& scope, std::string_view id);

    /// Subscriber of the store: drops what is cached of these keys.
    void changed(const log::ChangedKeys& keys);
    /// Drops everything (role change, restore, unseal, seal).
    void forgetAll();

private:
    using Salt = std::shared_ptr<const crypto::HmacKey>;
    Result<Salt> salt(const barrier::Scope& scope, bool isCommittedState);
    Result<TokenPointer> read(const barrier::Scope& scope, std::string_view saltedId, std::string_view id, WallTime now) const;
    Result<TokenPointer> openBatch(const barrier::Scope& scope, std::string_view id, WallTime now) const;
    /// The signed part of a batch token, and its maker. Empty: the token is not valid here.
    struct Signed {
        std::string_view entry;
        std::string madeBy;
    };
    Result<std::optional<Signed>> signedPart(const barrier::Scope& scope, std::string_view plain, WallTime now) const;
    bool isSignatureGood(std::string_view publicKey, std::string_view entry, std::string_view signature) const;
    Result<bool> hasEnded(const barrier::Scope& scope, const TokenEntry& entry) const;
    Result<> erase(const barrier::Scope& scope, std::string_view saltedId, const TokenEntry& entry);
    Result<std::size_t> revokeChildren(const barrier::Scope& scope, std::string_view saltedId, std::size_t limit);
    void forget(std::string_view physicalKey);
    Result<std::size_t> releaseChildren(const barrier::Scope& scope, std::string_view saltedId, std::size_t limit);

    Random& m_random;
    std::vector<EndHook> m_endHooks;
    std::vector<EndHook> m_makeHooks;
    BatchTrust m_batchTrust;
    mutable Mutex m_verifiedMutex;                                             // leaf lock
    mutable std::set<std::string> m_verified CORE_GUARDED_BY(m_verifiedMutex); // digests of signatures that were checked
    TokenCache m_cache{kTokensPerShardMax};
    std::atomic<bool> m_mayHaveJobs{true}; // revocations are left, or it is unknown
    std::atomic<std::uint64_t> m_jobGeneration{0};

    SharedMutex m_mutex; // leaf lock
    Salt m_salt CORE_GUARDED_BY(m_mutex);
    std::uint64_t m_saltGeneration CORE_GUARDED_BY(m_mutex) = 0;
};

/// Below `l/`: until when (milliseconds since 1970) batch tokens without a signature are valid. Missing: always.
inline constexpr std::string_view kUnsignedUntilPath = "core/trust/unsigned-until";
inline constexpr std::chrono::hours kUnsignedGrace{24}; // after the first start of a program that signs

/// The folder of all token rows, below `l/`.
inline constexpr std::string_view kTokenFolder = "sys/token/";

} // namespace core::token
