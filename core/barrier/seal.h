#pragma once

#include "core/barrier/barrier.h"
#include "core/barrier/key_wrapper.h"
#include "core/barrier/share_set.h"

#include <string>
#include <string_view>
#include <vector>

namespace core::barrier {

/// What a seal keeps, ignored by replication: its configuration, in the clear; the root key, wrapped with the key of the shares
/// or by the KeyWrapper; and, where that is automatic, the ShareSet of the recovery keys, sealed with the root key.
inline constexpr std::string_view kSealConfigKey = "i/core/seal-config";
inline constexpr std::string_view kRootKeyKey = "i/core/root-key";
inline constexpr std::string_view kRecoveryKey = "i/core/recovery-key";
/// By Shamir's scheme: the check values of the shares, sealed with the root key.
inline constexpr std::string_view kShareChecksKey = "i/core/key-share-checks";
inline constexpr std::string_view kSealKeys[] = {kSealConfigKey, kRootKeyKey, kRecoveryKey, kShareChecksKey};
/// Where a rekey by an older program told the other clusters of the set the new ShareSet. Rekeys of today send it with the root key.
inline constexpr std::string_view kKeySharesKey = "s/core/key-shares";

/// Whether it is one of the keys that a seal keeps.
inline bool isSealKey(std::string_view key)
{
    for (const auto own : kSealKeys) {
        if (key == own) return true;
    }
    return false;
}

/// What a secondary needs to open the data of its primary's set, and its operators to use the keys they have. Secret as a whole;
/// it travels on the link's TLS only.
struct KeyBundle {
    std::string sealType; // of the primary
    ShareSet shares;
    std::string sealedKeyring;
    SecretBytes rootKey;
    bool isFromPrimary = false; // it came from another cluster, whose operators have the shares

    SecretBytes serialize() const;
    /// Errors: Corrupt.
    static Result<KeyBundle> parse(std::string_view bytes);
    /// Errors: Corrupt.
    Result<Keyring> keyring() const;
};

/// The seal of one node. By Shamir's scheme the shares open the root key, which opens the keyring. With a KeyWrapper it is
/// automatic: the wrapper opens the root key, and the shares are recovery keys, which authorise but open nothing alone.
///
/// A node whose configuration has another type of seal than its storage is to be moved from the one to the other: whoever hands in a
/// threshold of shares for that opens it by the seal as stored, and the caller writes what adopt() makes of keyBundle().
///
/// Shares that were handed in are forgotten when the barrier opens, when they turn out wrong, and by reset(). Thread-safe;
/// reads the engine directly and waits for the wrapper, so it is for slow paths; only status() and reset() are quick.
class Seal {
public:
    /// All outlive this object; `reader` is the committed state; no `wrapper`: Shamir's. `former` opens what it wrapped before, to be
    /// moved away from it.
    Seal(Barrier& barrier, const storage::Reader& reader, Random& random, KeyWrapper* wrapper = nullptr, KeyWrapper* former = nullptr);

    bool isAutomatic() const { return m_wrapper != nullptr; }
    std::string type() const { return m_wrapper ? std::string{m_wrapper->type()} : "shamir"; }

    struct Status {
        std::string type; // as stored; before initialisation as configured
        bool isInitialized = false;
        bool isSealed = true;
        bool isMigrating = false; // stored by a seal of another type than the configured one, and it can be moved
        int threshold = 0;        // 0 before initialisation
        int shares = 0;
        int progress = 0;
        std::string nonce;          // empty while no share has been handed in
        bool isFromPrimary = false; // the shares are those of the replication set that this node joined
    };
    /// Errors: Io, Corrupt.
    Result<Status> status() const;

    /// Makes keyring and shares, writes them into the transaction and opens the barrier, so that the caller can write the
    /// first data before it commits; where that fails, the caller seals again.
    /// Errors: InvalidArgument (counts, with the API's text), FailedPrecondition (`Vault is already initialized`), Io, those of
    /// the wrapper.
    Result<std::vector<SecretBytes>> initialize(log::Transaction& transaction, const ShareCounts& counts, WallTime now);

    /// Opens the barrier without shares; the seal is automatic. Errors: FailedPrecondition (not initialised, or by a seal of
    /// another type), those of the wrapper, Corrupt, Io.
    Result<> unsealByItself();

    /// Hands in one share; a share that is known already changes nothing, nor does any when the barrier is open. Where the seal
    /// is automatic, a threshold of recovery keys has the wrapper open it.
    /// `isMigration` says that the share is meant for a move to the configured seal, which has to be said then and only then.
    /// Errors, with the API's texts: InvalidArgument (`invalid key: …`, `Unseal failed, invalid key`: the shares are
    /// forgotten; about `isMigration`), FailedPrecondition (`Vault is not initialized`, a seal of another type), those of the wrapper, Corrupt, Io.
    Result<> provide(SecretBytes share, bool isMigration = false);
    void reset();

    /// Whether these shares make the key of this node's operators; where the seal is automatic, the barrier must be open.
    /// Errors: InvalidArgument (they do not), Sealed, Io, Corrupt.
    Result<> verifyShares(const std::vector<SecretBytes>& shares) const;

    /// Forgets shares and destroys all keys in memory.
    void seal();

    /// Errors: Sealed, FailedPrecondition (not initialised), Io, Corrupt.
    Result<KeyBundle> keyBundle() const;
    /// Whether adopt() can succeed now: an automatic seal wraps something and opens it again. Errors: those of the wrapper.
    Result<> checkReady() const;
    /// The puts that make the bundle's keys this node's, under its own seal; with them the keyring, for a transaction that
    /// replaces the contents. Errors: Corrupt, those of the wrapper.
    Result<std::vector<log::Operation>> adopt(const KeyBundle& bundle) const;

    /// Whether it is one of the operators' shares. Nothing: this cannot be told (a set of an older program, or the barrier is sealed).
    std::optional<bool> isShare(const SecretBytes& share) const;
    /// A new root key and shares for it; nothing is stored. Errors: Sealed, InvalidArgument (counts).
    struct Rekeyed {
        NewKeys keys;
        std::vector<SecretBytes> shares;
    };
    Result<Rekeyed> makeKeys(const ShareCounts& counts) const;
    /// Puts the new root key, the keyring sealed with it and the shares into one transaction; with `rotates` the keyring has a new
    /// term as well. The barrier expects the new root key from here on: the caller has it reload the keyring after the commit, or
    /// calls expectRootKey({}) where the commit fails.
    /// Errors: Sealed, FailedPrecondition (the root key is not the one of makeKeys() any more), those of the wrapper, Corrupt, Io.
    Result<> install(log::Transaction& transaction, const NewKeys& keys, bool rotates, WallTime now) const;
    /// The same on another cluster of the set: the keys that its primary sent, under this node's own seal. False: they are here already.
    /// Errors: Sealed, FailedPrecondition (terms would be lost that values here are sealed with), those of the wrapper, Corrupt, Io.
    Result<bool> adoptKeys(log::Transaction& transaction, const KeyBundle& bundle) const;
    /// Takes up the set that a primary with an older program has installed, where it is another than ours: true. Errors: Sealed, Corrupt, Io.
    Result<bool> adoptKeyRows(log::Transaction& transaction) const;

private:
    struct Config;
    static Result<std::optional<Config>> readConfig(const storage::Reader& reader);
    Result<Config> ownConfig() const;
    Error foreign(const Config& config) const;
    bool isMigrating(const Config& config) const;
    Result<ShareSet> shareSet(const Config& config, const SecretBytes& rootKey) const;
    Result<ShareSet> shamirSet(const Config& config) const;
    std::vector<log::Operation> shareOperations(const ShareSet& set, const SecretBytes& rootKey, bool isFromPrimary) const;
    Result<> putOwn(log::Transaction& transaction, const ShareSet& set, const SecretBytes& rootKey, bool isFromPrimary) const;
    Result<> open(const SecretBytes& rootKey);

    Barrier& m_barrier;
    const storage::Reader& m_reader;
    Random& m_random;
    KeyWrapper* const m_wrapper;
    KeyWrapper* const m_former;

    mutable Mutex m_mutex; // leaf lock
    std::vector<SecretBytes> m_shares CORE_GUARDED_BY(m_mutex);
    std::string m_nonce CORE_GUARDED_BY(m_mutex);
};

} // namespace core::barrier
