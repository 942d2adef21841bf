#include "core/barrier/seal.h"

#include "core/barrier/keyring.pb.h"
#include "core/barrier/sealed_value.h"
#include "core/crypto/shamir.h"

#include <algorithm>

namespace core::barrier {
namespace {

constexpr std::size_t kShareBytesMin = 16;
constexpr std::size_t kShareBytesMax = crypto::kAeadKeyBytes + 1;

Error invalid(std::string text) { return Error{ErrorCode::InvalidArgument, std::move(text)}; }

Result<std::optional<SealConfig>> readConfig(const storage::Reader& reader)
{
    const auto stored = reader.get(kSealConfigKey);
    if (!stored) return stored.error();
    if (!*stored) return std::optional<SealConfig>{};
    wire::SealConfig file;
    if (!file.ParseFromString(**stored)) return Error{ErrorCode::Corrupt, "the seal configuration is damaged"};
    SealConfig config{file.type(), static_cast<int>(file.shares()), static_cast<int>(file.threshold())};
    if (config.type != "shamir" || !checkSealConfig(config)) {
        return Error{ErrorCode::Corrupt, "the seal configuration is damaged"};
    }
    return std::optional<SealConfig>{std::move(config)};
}

Result<std::string> readRequired(const storage::Reader& reader, std::string_view key)
{
    auto stored = reader.get(key);
    if (!stored) return std::move(stored).error();
    if (!*stored) return Error{ErrorCode::Corrupt, std::string{key} + " is missing"};
    return std::move(**stored);
}

} // namespace

Result<> checkSealConfig(const SealConfig& config)
{
    const auto refuse = [](const char* text) { return invalid(std::string{"invalid seal configuration: "} + text); };
    if (config.shares < 1) return refuse("shares must be at least one");
    if (config.threshold < 1) return refuse("threshold must be at least one");
    if (config.shares > 1 && config.threshold == 1) return refuse("threshold must be greater than one for multiple shares");
    if (config.shares > 255) return refuse("shares must be less than 256");
    if (config.threshold > 255) return refuse("threshold must be less than 256");
    if (config.threshold > config.shares) return refuse("threshold cannot be larger than shares");
    return {};
}

SecretBytes KeyBundle::serialize() const
{
    wire::KeyBundle file;
    file.set_seal_config(sealConfig);
    file.set_wrapped_root_key(wrappedRootKey);
    file.set_sealed_keyring(sealedKeyring);
    file.set_root_key(rootKey.data(), rootKey.size());
    std::string text = file.SerializeAsString();
    SecretBytes out = SecretBytes::copyOf(text);
    core::wipe(text);
    core::wipe(*file.mutable_root_key());
    return out;
}

Result<KeyBundle> KeyBundle::parse(std::string_view bytes)
{
    wire::KeyBundle file;
    if (!file.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
        return Error{ErrorCode::Corrupt, "the key bundle is damaged"};
    }
    KeyBundle bundle{file.seal_config(), file.wrapped_root_key(), file.sealed_keyring(),
                     SecretBytes::copyOf(file.root_key())};
    core::wipe(*file.mutable_root_key());
    if (auto keyring = bundle.keyring(); !keyring) return std::move(keyring).error().withContext("key bundle");
    return bundle;
}

Result<Keyring> KeyBundle::keyring() const { return Keyring::open(sealedKeyring, rootKey); }

Result<std::vector<log::Operation>> KeyBundle::operations() const
{
    auto keyring = this->keyring();
    if (!keyring) return std::move(keyring).error();
    OsRandom random;
    Barrier barrier{random}; // for the forest's hashes of the new set
    barrier.unseal(std::move(*keyring));
    std::vector<log::Operation> out;
    for (const auto& [key, stored] : {std::pair{kSealConfigKey, &sealConfig}, std::pair{kRootKeyKey, &wrappedRootKey},
                                      std::pair{kKeyringKey, &sealedKeyring}}) {
        auto operation = barrier.putStoredOperation(std::string{key}, *stored);
        if (!operation) return std::move(operation).error();
        out.push_back(std::move(*operation));
    }
    return out;
}

Seal::Seal(Barrier& barrier, const storage::Reader& reader, Random& random)
    : m_barrier{barrier}
    , m_reader{reader}
    , m_random{random}
{}

Result<Seal::Status> Seal::status() const
{
    const auto config = readConfig(m_reader);
    if (!config) return config.error();
    Status status;
    status.isSealed = m_barrier.isSealed();
    if (!*config) return status;
    status.isInitialized = true;
    status.type = (*config)->type;
    status.threshold = (*config)->threshold;
    status.shares = (*config)->shares;
    MutexLock lock{m_mutex};
    status.progress = static_cast<int>(m_shares.size());
    status.nonce = m_nonce;
    return status;
}

Result<std::vector<SecretBytes>> Seal::initialize(log::Transaction& transaction, const SealConfig& config, WallTime now)
{
    if (auto checked = checkSealConfig(config); !checked) return std::move(checked).error();
    const auto existing = transaction.get(kSealConfigKey); // read in the transaction: of two at once, one conflicts
    if (!existing) return existing.error();
    if (*existing) return Error{ErrorCode::FailedPrecondition, "Vault is already initialized"};

    SecretBytes unsealKey = m_random.secret(crypto::kAeadKeyBytes);
    std::vector<SecretBytes> shares;
    if (config.shares == 1) {
        shares.push_back(unsealKey.clone());
    } else {
        auto split = crypto::splitSecret(unsealKey, static_cast<std::size_t>(config.shares),
                                         static_cast<std::size_t>(config.threshold), m_random);
        if (!split) return std::move(split).error();
        shares = std::move(*split);
    }

    auto keyring = Keyring::create(m_random, now);
    wire::SealConfig file;
    file.set_type(config.type);
    file.set_shares(static_cast<std::uint32_t>(config.shares));
    file.set_threshold(static_cast<std::uint32_t>(config.threshold));
    const KeyBundle bundle{file.SerializeAsString(),
                           sealValueWith(crypto::AeadKey{unsealKey}, kNoTerm, m_random, kRootKeyKey,
                                         keyring.rootKey().view()),
                           keyring.sealed(m_random), keyring.rootKey().clone()};
    auto operations = bundle.operations();
    if (!operations) return std::move(operations).error();
    for (auto& operation : *operations) transaction.put(std::move(operation));
    m_barrier.unseal(std::move(keyring));
    return shares;
}

Result<SecretBytes> Seal::recoverRootKey(const std::vector<SecretBytes>& shares) const
{
    const auto wrapped = readRequired(m_reader, kRootKeyKey);
    if (!wrapped) return wrapped.error();
    const auto parts = splitSealed(*wrapped);
    if (!parts) return parts.error().withContext(kRootKeyKey);

    SecretBytes unsealKey;
    if (shares.size() == 1) {
        unsealKey = shares.front().clone();
    } else {
        auto combined = crypto::combineShares(shares);
        if (!combined) return std::move(combined).error();
        unsealKey = std::move(*combined);
    }
    if (unsealKey.size() != crypto::kAeadKeyBytes) return invalid("invalid key");
    auto rootKey = crypto::AeadKey{unsealKey}.openSecret(parts->nonce, kRootKeyKey, parts->ciphertext);
    if (!rootKey) return invalid("invalid key"); // wrong shares cannot be told from a damaged value
    return rootKey;
}

Result<> Seal::provide(SecretBytes share)
{
    const auto config = readConfig(m_reader);
    if (!config) return config.error();
    if (!*config) return Error{ErrorCode::FailedPrecondition, "Vault is not initialized"};
    if (share.size() < kShareBytesMin) return invalid("invalid key: key is shorter than minimum 16 bytes");
    if (share.size() > kShareBytesMax) return invalid("invalid key: key is longer than maximum 33 bytes");

    MutexLock lock{m_mutex};
    if (!m_barrier.isSealed()) return {};
    const bool isKnown = std::any_of(m_shares.begin(), m_shares.end(), [&](const auto& known) { return known == share; });
    if (isKnown) return {};
    if (m_shares.empty()) m_nonce = m_random.uuid();
    m_shares.push_back(std::move(share));
    if (m_shares.size() < static_cast<std::size_t>((*config)->threshold)) return {};

    const auto shares = std::exchange(m_shares, {});
    m_nonce.clear();
    const auto rootKey = recoverRootKey(shares);
    if (!rootKey) {
        if (rootKey.error().code == ErrorCode::InvalidArgument) return invalid("Unseal failed, invalid key");
        return rootKey.error();
    }
    const auto sealedKeyring = readRequired(m_reader, kKeyringKey);
    if (!sealedKeyring) return sealedKeyring.error();
    auto keyring = Keyring::open(*sealedKeyring, *rootKey);
    if (!keyring) return std::move(keyring).error();
    m_barrier.unseal(std::move(*keyring));
    return {};
}

void Seal::reset()
{
    MutexLock lock{m_mutex};
    m_shares.clear();
    m_nonce.clear();
}

Result<> Seal::verifyShares(const std::vector<SecretBytes>& shares) const
{
    if (shares.empty()) return invalid("invalid key");
    const auto rootKey = recoverRootKey(shares);
    if (!rootKey) return rootKey.error();
    return {};
}

void Seal::seal()
{
    reset();
    m_barrier.seal();
}

Result<KeyBundle> Seal::keyBundle() const
{
    auto keyring = m_barrier.keyring();
    if (!keyring) return std::move(keyring).error();
    auto config = readRequired(m_reader, kSealConfigKey);
    if (!config) return std::move(config).error();
    auto wrapped = readRequired(m_reader, kRootKeyKey);
    if (!wrapped) return std::move(wrapped).error();
    auto sealedKeyring = readRequired(m_reader, kKeyringKey);
    if (!sealedKeyring) return std::move(sealedKeyring).error();
    return KeyBundle{std::move(*config), std::move(*wrapped), std::move(*sealedKeyring), keyring->rootKey().clone()};
}

} // namespace core::barrier
