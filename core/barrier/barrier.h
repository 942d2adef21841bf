#pragma once

#include "core/base/mutex.h"
#include "core/barrier/keyring.h"
#include "core/log/transaction.h"

#include <atomic>
#include <memory>
#include <optional>

namespace core::barrier {

/// The encryption line: above it plain values, below it sealed ones.
///
/// Sealed until unseal() gives it a keyring; seal() destroys every key before it returns. Thread-safe: any number of
/// threads seal and open values side by side, only unseal(), seal() and reload() wait for them.
class Barrier {
public:
    /// `random` makes nonces; it outlives the barrier.
    explicit Barrier(Random& random);
    ~Barrier();

    bool isSealed() const;
    void unseal(Keyring keyring);
    void seal();

    /// Takes up the keyring that now stands in kKeyringKey (a rotation or a rekey, here or on the primary), if it is newer.
    /// Views do so by themselves when they meet a term they do not know. Errors: Sealed, Corrupt.
    Result<> reload(std::string_view sealedKeyring) const;
    /// Names the root key that a transaction about to be committed brings: from here on reload() opens the keyring with the present
    /// root key or with this one, so no moment between the commit and the reload finds a keyring that does not open. Empty: none.
    void expectRootKey(SecretBytes rootKey) const;
    bool isRootKeyExpected() const;
    /// Changes whenever the keyring in memory does.
    std::uint64_t version() const { return m_version.load(std::memory_order_acquire); }

    /// Whether the value opens under this key; nothing of it is kept. True of what is sealed by a key outside the keyring.
    bool isAuthentic(std::string_view physicalKey, std::string_view sealed) const;
    /// Errors: Sealed. What is opened must be asked for by the same physical key (or other unique name).
    Result<std::string> sealValue(std::string_view physicalKey, std::string_view plaintext) const;
    /// Errors: Sealed, Corrupt (damaged, moved from another key), NotFound (sealed under a term unknown here).
    Result<std::string> openValue(std::string_view physicalKey, std::string_view sealed) const;

    /// Seals the value into a put with what the forest needs. Errors: Sealed.
    Result<log::Operation> putOperation(std::string physicalKey, std::string_view plaintext) const;
    /// For a value that is sealed already, or lies in the clear (`i/`). Errors: Sealed (for `s/` and `l/`).
    Result<log::Operation> putStoredOperation(std::string physicalKey, std::string stored) const;
    /// Errors: Sealed (for `s/` and `l/`).
    Result<log::Operation> eraseOperation(std::string physicalKey) const;

    /// Hash of a physical key in the forest. Errors: Sealed.
    Result<merkle::KeyHash> keyHash(std::string_view physicalKey) const;
    /// Digest of a leaf: key hash with the stored value. Errors: Sealed.
    Result<merkle::LeafDigest> leafDigest(const merkle::KeyHash& keyHash, std::string_view stored) const;
    /// Whether a received operation's hash and digest are those of its key and value.
    /// Errors: Corrupt (they are not), Sealed.
    Result<> verify(const log::Operation& operation) const;

    struct KeyStatus {
        std::uint32_t term = 0;
        WallTime installedAt;
        std::uint64_t encryptionCount = 0; // by this process, since it took up the term
    };
    /// Errors: Sealed.
    Result<KeyStatus> keyStatus() const;

    /// A copy of the keyring, to be rotated and written, or handed to a secondary. Errors: Sealed.
    Result<Keyring> keyring() const;
    /// Puts a keyring with one more term into the transaction; it is taken up by reload() after the commit.
    /// Errors: Sealed, Corrupt, Io.
    Result<> rotate(log::Transaction& transaction, WallTime now) const;

private:
    struct State;

    Random& m_random;
    mutable SharedMutex m_mutex;                                     // leaf lock; held shared while a value is sealed or opened
    mutable std::unique_ptr<State> m_state CORE_GUARDED_BY(m_mutex); // null: sealed
    mutable SecretBytes m_rootKeyExpected CORE_GUARDED_BY(m_mutex);
    mutable std::atomic<std::uint64_t> m_version{1};
};

} // namespace core::barrier
