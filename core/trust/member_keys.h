#pragma once

#include "core/barrier/barrier.h"
#include "core/barrier/scope.h"
#include "core/base/clock.h"
#include "core/base/mutex.h"
#include "core/base/random.h"
#include "core/log/store.h"
#include "core/trust/signing_key.h"

#include <memory>
#include <optional>
#include <vector>

namespace core::trust {

/// Where the private keys of this cluster are stored: sealed, and of the class that no link, snapshot or activation carries.
inline constexpr std::string_view kKeyFolder = "i/core/trust/";
inline constexpr std::string_view kMemberKeyKey = "i/core/trust/member";
inline constexpr std::string_view kTokenKeyKey = "i/core/trust/token";
/// A new pair that the set does not list yet.
inline constexpr std::string_view kNextMemberKeyKey = "i/core/trust/member-next";
inline constexpr std::string_view kNextTokenKeyKey = "i/core/trust/token-next";

/// Whether it is one of these, which belong to one cluster: a copy of its contents leaves them out.
inline bool isPrivateKey(std::string_view key)
{
    return key == kMemberKeyKey || key == kTokenKeyKey || key == kNextMemberKeyKey || key == kNextTokenKeyKey;
}

/// A public half of a key that this cluster used before.
struct FormerKey {
    std::string publicKey;
    WallTime countsUntil;
    std::string signature{}; // by this key, of the public half that replaced it: isReplacement()

    bool operator==(const FormerKey&) const = default;
};

/// One private key with those that it replaced. Immutable, thread-safe.
struct OwnKey {
    SigningKey key;
    WallTime createdAt;
    std::vector<FormerKey> former; // at most kFormerKeysMax, newest first
    std::uint64_t renewal = 0;     // for which demand to make new keys it was made (RekeyDue); 0: for none

    /// Whether it is this key's public half, or one that still counts.
    bool owns(std::string_view publicKey, WallTime now) const;
};
inline constexpr std::size_t kFormerKeysMax = 8;

/// Whether the former key has signed that `next` replaces it.
bool isReplacement(std::string_view former, std::string_view next, std::string_view signature);

/// The two private keys of one cluster: the member key K (entries of the trust log, link proofs) and the token key T (batch
/// tokens, sums of snapshots). Immutable, thread-safe. Formats and rules: core/trust/README.md.
class MemberKeys {
public:
    /// A cluster's first keys.
    static MemberKeys create(Random& random, WallTime now);
    /// Those that are stored; one that is missing is made and put into the transaction. Errors: Corrupt, those of the view.
    static Result<MemberKeys> load(const barrier::Scope& scope, Random& random, WallTime now);

    const OwnKey& member() const { return *m_member; }
    const OwnKey& token() const { return *m_token; }

    /// The same with a new key K; the former one counts no longer than `formerCountsUntil`.
    MemberKeys withNewMember(Random& random, WallTime now, WallTime formerCountsUntil) const;
    /// The same with a new key T.
    MemberKeys withNewToken(Random& random, WallTime now, WallTime formerCountsUntil) const;
    /// The same with a pair that is to replace this one once the set lists it. Until then the present one signs entries; proofs show the new
    /// one together with the present one's signature of it.
    MemberKeys withNext(Random& random, WallTime now, WallTime formerCountsUntil, std::uint64_t renewal) const;
    /// The next pair in the place of the present one; there is one.
    MemberKeys withNextInPlace() const { return {m_nextMember, m_nextToken}; }
    /// Null: there is none.
    const OwnKey* nextMember() const { return m_nextMember.get(); }
    /// What links prove.
    const OwnKey& proving() const { return m_nextMember ? *m_nextMember : *m_member; }

    /// Errors: those of the view.
    Result<> store(const barrier::Scope& scope) const;
    /// The puts that store the present pair under another keyring: contents that are replaced begin with it. Errors: Sealed.
    Result<std::vector<log::Operation>> operations(const barrier::Barrier& barrier) const;

private:
    using Shared = std::shared_ptr<const OwnKey>;
    MemberKeys(Shared member, Shared token, Shared nextMember = {}, Shared nextToken = {})
        : m_member{std::move(member)}
        , m_token{std::move(token)}
        , m_nextMember{std::move(nextMember)}
        , m_nextToken{std::move(nextToken)}
    {}

    Shared m_member; // never null
    Shared m_token;
    Shared m_nextMember; // both, or none
    Shared m_nextToken;
};

/// The keys of the cluster that runs here, for everything that signs. Thread-safe.
class KeyHolder {
public:
    /// Loads them, and makes those that are missing; blocking (disk). Errors: Corrupt, those of a commit.
    Result<> load(log::Store& store, const barrier::Barrier& barrier, Random& random, WallTime now) CORE_EXCLUDES(m_mutex);
    void set(MemberKeys keys) CORE_EXCLUDES(m_mutex);
    /// Nothing before load().
    std::optional<MemberKeys> keys() const CORE_EXCLUDES(m_mutex);

private:
    mutable Mutex m_mutex; // leaf lock
    std::optional<MemberKeys> m_keys CORE_GUARDED_BY(m_mutex);
};

} // namespace core::trust
