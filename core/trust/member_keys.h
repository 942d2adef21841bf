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

/// Where this cluster's private keys are stored: sealed, in the class that no link, snapshot or activation carries.
inline constexpr std::string_view kKeyFolder = "i/core/trust/";
inline constexpr std::string_view kMemberKeyKey = "i/core/trust/member";
inline constexpr std::string_view kTokenKeyKey = "i/core/trust/token";
/// A new pair that the set's list does not have yet.
inline constexpr std::string_view kNextMemberKeyKey = "i/core/trust/member-next";
inline constexpr std::string_view kNextTokenKeyKey = "i/core/trust/token-next";

/// Whether the row is one of these. They belong to one cluster, so a copy of its contents leaves them out.
inline bool isPrivateKey(std::string_view key)
{
    return key == kMemberKeyKey || key == kTokenKeyKey || key == kNextMemberKeyKey || key == kNextTokenKeyKey;
}

/// The public half of a key that this cluster used before.
struct FormerKey {
    std::string publicKey;
    WallTime countsUntil;
    std::string signature{}; // by this key, of the public half that replaced it: isReplacement()

    bool operator==(const FormerKey&) const = default;
};

/// A private key, and the keys that it replaced. Immutable, thread-safe.
struct OwnKey {
    SigningKey key;
    WallTime createdAt;
    std::vector<FormerKey> former; // at most kFormerKeysMax, newest first
    std::uint64_t renewal = 0;     // the demand for new keys that it was made for (RekeyDue); 0: none

    /// Whether it is this key's public half, or a former one that still counts.
    bool owns(std::string_view publicKey, WallTime now) const;
};
inline constexpr std::size_t kFormerKeysMax = 8;

/// Whether the former key has signed that `next` replaces it.
bool isReplacement(std::string_view former, std::string_view next, std::string_view signature);

/// The two private keys of one cluster: the member key K (entries of the trust log, link proofs) and the token key T (batch tokens,
/// checksums of snapshots). Immutable, thread-safe. Formats and rules: core/trust/README.md.
class MemberKeys {
public:
    /// A cluster's first keys.
    static MemberKeys create(Random& random, WallTime now);
    /// Loads the stored keys. Makes a missing one and puts it into the transaction. Errors: Corrupt, those of the view.
    static Result<MemberKeys> load(const barrier::Scope& scope, Random& random, WallTime now);

    const OwnKey& member() const { return *m_member; }
    const OwnKey& token() const { return *m_token; }

    /// The same with a new key K. The former one counts until `formerCountsUntil` at most.
    MemberKeys withNewMember(Random& random, WallTime now, WallTime formerCountsUntil) const;
    /// The same with a new key T.
    MemberKeys withNewToken(Random& random, WallTime now, WallTime formerCountsUntil) const;
    /// The same with a pair that will replace this one when the set's list has it. Until then the present key signs entries, and proofs
    /// show the new key with the present key's signature of it.
    MemberKeys withNext(Random& random, WallTime now, WallTime formerCountsUntil, std::uint64_t renewal) const;
    /// The next pair in place of the present one. There must be one.
    MemberKeys withNextInPlace() const { return {m_nextMember, m_nextToken}; }
    /// Null: there is none.
    const OwnKey* nextMember() const { return m_nextMember.get(); }
    /// The key that links prove.
    const OwnKey& proving() const { return m_nextMember ? *m_nextMember : *m_member; }

    /// Errors: those of the view.
    Result<> store(const barrier::Scope& scope) const;
    /// Operations that store the present pair under another keyring, for contents that are being replaced. Errors: Sealed.
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

/// The keys of the running cluster, for everything that signs. Thread-safe.
class KeyHolder {
public:
    /// Loads the keys, and makes missing ones. Blocking (disk). Errors: Corrupt, those of a commit.
    Result<> load(log::Store& store, const barrier::Barrier& barrier, Random& random, WallTime now) CORE_EXCLUDES(m_mutex);
    void set(MemberKeys keys) CORE_EXCLUDES(m_mutex);
    /// Nothing before load().
    std::optional<MemberKeys> keys() const CORE_EXCLUDES(m_mutex);

private:
    mutable Mutex m_mutex; // leaf lock
    std::optional<MemberKeys> m_keys CORE_GUARDED_BY(m_mutex);
};

} // namespace core::trust
