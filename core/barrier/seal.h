#pragma once

#include "core/barrier/barrier.h"
#include "core/barrier/key_wrapper.h"
#include "core/barrier/share_set.h"

#include <string>
#include <string_view>
#include <vector>

namespace core::barrier {

/// The rows of a seal, which replication ignores: its configuration, in the clear; the root key, wrapped with the operators' key or by the
/// KeyWrapper; and with an automatic seal the ShareSet of the recovery keys, sealed with the root key.
inline constexpr std::string_view kSealConfigKey = "i/core/seal-config";
inline constexpr std::string_view kRootKeyKey = "i/core/root-key";
inline constexpr std::string_view kRecoveryKey = "i/core/recovery-key";
/// With Shamir's seal: the check values of the shares, sealed with the root key.
inline constexpr std::string_view kShareChecksKey = "i/core/key-share-checks";
inline constexpr std::string_view kSealKeys[] = {kSealConfigKey, kRootKeyKey, kRecoveryKey, kShareChecksKey};
/// Older programs stored the new ShareSet here after a rekey, for the other clusters of the set. Today it travels with the root key.
inline constexpr std::string_view kKeySharesKey = "s/core/key-shares";

/// True for the keys that a seal stores.
inline bool isSealKey(std::string_view key)
{
    for (const auto own : kSealKeys) {
        if (key == own) return true;
    }
    return false;
}

/// What a secondary needs to open the data of its primary's set, and what its operators need to use the keys that they have. All of it is secret. It
/// is sent only over the link's TLS.
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

/// The seal of one node. With Shamir's seal the shares open the root key, and the root key opens the keyring. An automatic seal has a KeyWrapper that
/// opens the root key. Its shares are recovery keys: they authorise, but alone they open nothing.
///
/// A migration moves the storage to a seal of another type, if the configuration names one. An operator then gives a threshold of shares with
/// `isMigration`. The seal as stored opens the barrier, and the caller stores adopt(keyBundle()).
///
/// Given shares are forgotten when the barrier opens, when they turn out wrong, and by reset(). Thread-safe. Reads the engine directly and waits for
/// the wrapper, so use it on slow paths only. Only status() and reset() are quick.
class Seal {
public:
    /// All parameters must outlive this object. `reader` is the committed state. Without a `wrapper` it is Shamir's seal. `former` is the wrapper of
    /// the seal that the storage is moved away from.
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
        std::string nonce;          // empty while no share was given
        bool isFromPrimary = false; // the shares are those of the replication set that this node joined
    };
    /// Errors: Io, Corrupt.
    Result<Status> status() const;

    /// Makes the keyring and the shares, writes them into the transaction and opens the barrier. So the caller can write the first data before it
    /// commits. If the commit fails, the caller must seal again. Errors: InvalidArgument (counts, with the API's text), FailedPrecondition (`Vault is
    /// already initialized`), Io, those of the wrapper.
    Result<std::vector<SecretBytes>> initialize(log::Transaction& transaction, const ShareCounts& counts, WallTime now);

    /// Opens the barrier without shares. The seal must be automatic. Errors: FailedPrecondition (not initialised, or by a seal of another type),
    /// those of the wrapper, Corrupt, Io.
    Result<> unsealByItself();

    /// Gives one share. Nothing changes if the share was given before, or if the barrier is open. With an automatic seal, a threshold of recovery
    /// keys makes the wrapper open the root key. `isMigration` must be true during a migration, and only then.
    ///
    /// Errors, with the API's texts:
    /// - InvalidArgument: `invalid key: …`; `Unseal failed, invalid key` (the shares are forgotten); a wrong `isMigration`
    /// - FailedPrecondition: `Vault is not initialized`; a seal of another type
    /// - those of the wrapper, Corrupt, Io
    Result<> provide(SecretBytes share, bool isMigration = false);
    void reset();

    /// Checks that these shares make the key of this node's operators. With an automatic seal the barrier must be open. Errors: InvalidArgument (they
    /// do not), Sealed, Io, Corrupt.
    Result<> verifyShares(const std::vector<SecretBytes>& shares) const;

    /// Forgets shares and destroys all keys in memory.
    void seal();

    /// Errors: Sealed, FailedPrecondition (not initialised), Io, Corrupt.
    Result<KeyBundle> keyBundle() const;
    /// Checks that adopt() can succeed now: an automatic seal wraps a test key and opens it again. Errors: those of the wrapper.
    Result<> checkReady() const;
    /// The puts that make the bundle's keys this node's own, under its own seal, and the put of the keyring. For a transaction that replaces the
    /// contents. Errors: Corrupt, those of the wrapper.
    Result<std::vector<log::Operation>> adopt(const KeyBundle& bundle) const;

    /// True if it is one of the operators' shares. Empty if this is unknown: the set is from an older program, or the barrier is sealed.
    std::optional<bool> isShare(const SecretBytes& share) const;
    /// A new root key and shares for it. Stores nothing. Errors: Sealed, InvalidArgument (counts).
    struct Rekeyed {
        NewKeys keys;
        std::vector<SecretBytes> shares;
    };
    Result<Rekeyed> makeKeys(const ShareCounts& counts) const;
    /// Puts the new root key, the keyring sealed with it, and the shares into one transaction. With `rotates` the keyring also gets a new term. From
    /// now on the barrier expects the new root key. After the commit the caller makes it reload the keyring; if the commit fails, the caller calls
    /// expectRootKey({}). Errors: Sealed, FailedPrecondition (the root key was replaced since makeKeys()), those of the wrapper, Corrupt, Io.
    Result<> install(log::Transaction& transaction, const NewKeys& keys, bool rotates, WallTime now) const;
    /// The same on another cluster of the set: stores the keys that its primary sent, under this node's own seal. Returns false if they are here
    /// already. Errors: Sealed, FailedPrecondition (values here are sealed with terms that would be lost), those of the wrapper, Corrupt, Io.
    Result<bool> adoptKeys(log::Transaction& transaction, const KeyBundle& bundle) const;
    /// Adopts the shares that a primary with an older program stored, and returns true if they differ from ours. Errors: Sealed, Corrupt, Io.
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
