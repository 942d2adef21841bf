#pragma once

#include "core/base/mutex.h"
#include "core/barrier/keyring.h"
#include "core/log/transaction.h"

#include <atomic>
#include <memory>
#include <optional>

namespace core::barrier {

/// The encryption boundary: above it are plain values, below it sealed ones.
///
/// The barrier is sealed until unseal() gives it a keyring. seal() destroys every key before it returns. Thread-safe: any number of threads can seal
/// and open values at the same time. Only unseal(), seal() and reload() wait for them.
class Barrier {
public:
    /// `random` makes nonces and must outlive the barrier.
    explicit Barrier(Random& random);
    ~Barrier();

    bool isSealed() const;
    void unseal(Keyring keyring);
    void seal();

    /// Adopts the given content of kKeyringKey if it is newer: after a rotation or a rekey, here or on the primary. Views call this themselves when
    /// they find a value of an unknown term. Errors: Sealed, Corrupt.
    Result<> reload(std::string_view sealedKeyring) const;
    /// Names the new root key of a transaction that is about to be committed. From now on reload() tries the present root key and this one. So every
    /// moment between the commit and the reload has a key that opens the keyring. An empty key takes this back.
    void expectRootKey(SecretBytes rootKey) const;
    bool isRootKeyExpected() const;
    /// Changes each time the keyring in memory changes.
    std::uint64_t version() const { return m_version.load(std::memory_order_acquire); }

    /// True if the value opens under this key. The plain value is wiped. Always true for a value that was sealed by a key outside the keyring.
    bool isAuthentic(std::string_view physicalKey, std::string_view sealed) const;
    /// `physicalKey` (or another unique name) is bound to the result; openValue() needs the same one. Errors: Sealed.
    Result<std::string> sealValue(std::string_view physicalKey, std::string_view plaintext) const;
    /// Errors: Sealed, Corrupt (damaged, or moved from another key), NotFound (sealed under a term that is unknown here).
    Result<std::string> openValue(std::string_view physicalKey, std::string_view sealed) const;

    /// Seals the value, and makes a put with the hash and digest that the forest needs. Errors: Sealed.
    Result<log::Operation> putOperation(std::string physicalKey, std::string_view plaintext) const;
    /// For a value that is already sealed, or is stored in the clear (`i/`). Errors: Sealed (for `s/` and `l/`).
    Result<log::Operation> putStoredOperation(std::string physicalKey, std::string stored) const;
    /// Errors: Sealed (for `s/` and `l/`).
    Result<log::Operation> eraseOperation(std::string physicalKey) const;

    /// The hash that names a physical key in the forest. Errors: Sealed.
    Result<merkle::KeyHash> keyHash(std::string_view physicalKey) const;
    /// The digest of a leaf: of the key hash together with the stored value. Errors: Sealed.
    Result<merkle::LeafDigest> leafDigest(const merkle::KeyHash& keyHash, std::string_view stored) const;
    /// Checks that hash and digest of a received operation match its key and value. Errors: Corrupt (they do not match), Sealed.
    Result<> verify(const log::Operation& operation) const;

    struct KeyStatus {
        std::uint32_t term = 0;
        WallTime installedAt;
        std::uint64_t encryptionCount = 0; // by this process, since it adopted the term
    };
    /// Errors: Sealed.
    Result<KeyStatus> keyStatus() const;

    /// A copy of the keyring, to rotate and store, or to send to a secondary. Errors: Sealed.
    Result<Keyring> keyring() const;
    /// Puts a keyring with one more term into the transaction. reload() adopts it after the commit. Errors: Sealed, Corrupt, Io.
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
