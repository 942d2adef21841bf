#pragma once

#include "core/barrier/barrier.h"

#include <string>
#include <string_view>
#include <vector>

namespace core::barrier {

/// Where the seal's configuration stands, in the clear, and the root key wrapped with the unseal key. Ignored by
/// replication: a secondary receives both once, in a KeyBundle.
inline constexpr std::string_view kSealConfigKey = "i/core/seal-config";
inline constexpr std::string_view kRootKeyKey = "i/core/root-key";

struct SealConfig {
    std::string type = "shamir";
    int shares = 0;
    int threshold = 0;
};

/// Errors: InvalidArgument with the API's text (`invalid seal configuration: shares must be at least one` …).
Result<> checkSealConfig(const SealConfig& config);

/// What a secondary needs to open the data of its primary's set and to be unsealed with the same shares: the stored bytes
/// of three keys, and the root key. Secret as a whole; it travels on the link's TLS only.
struct KeyBundle {
    std::string sealConfig;
    std::string wrappedRootKey;
    std::string sealedKeyring;
    SecretBytes rootKey;

    SecretBytes serialize() const;
    /// Errors: Corrupt.
    static Result<KeyBundle> parse(std::string_view bytes);
    /// Errors: Corrupt.
    Result<Keyring> keyring() const;
    /// The puts of the three keys, for the transaction that replaces a secondary's contents. Errors: Corrupt.
    Result<std::vector<log::Operation>> operations() const;
};

/// The Shamir seal of one node: the shares make the unseal key, which opens the root key, which opens the keyring.
///
/// With one share of threshold one, the share is the unseal key itself. Shares that were handed in are forgotten when the
/// barrier opens, when they turn out wrong, and by reset(). Thread-safe; reads the engine directly, so it is for slow paths.
class Seal {
public:
    /// All outlive this object; `reader` is the committed state.
    Seal(Barrier& barrier, const storage::Reader& reader, Random& random);

    struct Status {
        std::string type = "shamir";
        bool isInitialized = false;
        bool isSealed = true;
        int threshold = 0; // 0 before initialisation
        int shares = 0;
        int progress = 0;
        std::string nonce; // empty while no share has been handed in
    };
    /// Errors: Io, Corrupt.
    Result<Status> status() const;

    /// Makes keyring and shares, writes them into the transaction and opens the barrier, so that the caller can write the
    /// first data before it commits; where that fails, the caller seals again.
    /// Errors: InvalidArgument (configuration, with the API's text), FailedPrecondition (`Vault is already initialized`), Io.
    Result<std::vector<SecretBytes>> initialize(log::Transaction& transaction, const SealConfig& config, WallTime now);

    /// Hands in one share; a share that is known already changes nothing, nor does any when the barrier is open.
    /// Errors, with the API's texts: InvalidArgument (`invalid key: …`, `Unseal failed, invalid key`: the shares are
    /// forgotten), FailedPrecondition (`Vault is not initialized`), Corrupt (keyring), Io.
    Result<> provide(SecretBytes share);
    void reset();

    /// Whether these shares make the unseal key of this node. Errors: InvalidArgument (they do not), Io, Corrupt.
    Result<> verifyShares(const std::vector<SecretBytes>& shares) const;

    /// Forgets shares and destroys all keys in memory.
    void seal();

    /// Errors: Sealed, FailedPrecondition (not initialised), Io.
    Result<KeyBundle> keyBundle() const;

private:
    Result<SecretBytes> recoverRootKey(const std::vector<SecretBytes>& shares) const;

    Barrier& m_barrier;
    const storage::Reader& m_reader;
    Random& m_random;

    mutable Mutex m_mutex; // held while the keyring is opened
    std::vector<SecretBytes> m_shares CORE_GUARDED_BY(m_mutex);
    std::string m_nonce CORE_GUARDED_BY(m_mutex);
};

} // namespace core::barrier
