#include "core/barrier/seal.h"

#include "core/barrier/keyring.pb.h"
#include "core/barrier/sealed_value.h"
#include "core/barrier/store_format.h"
#include "core/barrier/stored_seal.h"

#include <algorithm>

namespace core::barrier {
namespace {

constexpr std::size_t kShareBytesMin = 16;
constexpr std::size_t kShareBytesMax = crypto::kAeadKeyBytes + 1;
constexpr std::string_view kShamir = "shamir";

Error invalid(std::string text)
{
    return Error{ErrorCode::InvalidArgument, std::move(text)};
}

Result<std::string> readRequired(const storage::Reader& reader, std::string_view key)
{
    auto stored = reader.get(key);
    if (!stored) return std::move(stored).error();
    if (!*stored) return Error{ErrorCode::Corrupt, std::string{key} + " is missing"};
    return std::move(**stored);
}

Result<SecretBytes> unwrapRootKey(const storage::Reader& reader, KeyWrapper& wrapper)
{
    const auto wrapped = readRequired(reader, kRootKeyKey);
    if (!wrapped) return wrapped.error();
    return wrapper.unwrap(kRootKeyKey, *wrapped);
}

/// Adds the check values, if they belong to this ShareSet. A ShareSet without them still works; its shares are then only judged together.
void addChecks(const storage::Reader& reader, const SecretBytes& rootKey, ShareSet& set)
{
    const auto sealed = reader.get(kShareChecksKey);
    if (rootKey.empty() || !sealed || !*sealed) return;
    const auto parts = splitSealed(**sealed);
    if (!parts) return;
    const auto plain = crypto::AeadKey{rootKey}.open(parts->nonce, kShareChecksKey, parts->ciphertext);
    // The hash ties the checks to one set of shares. An older program can have replaced the shares and left old check values behind.
    wire::ShareChecks file;
    if (!plain || !file.ParseFromString(*plain) || file.wrapped_root_key_hash() != set.id()) return;
    set.checkKey = file.check_key();
    set.checks = file.checks();
}

/// A put below `i/`, which has no leaf in the forest.
log::Operation put(std::string_view key, std::string value)
{
    return {.kind = log::OperationKind::Put, .key = std::string{key}, .value = std::move(value)};
}

} // namespace

struct Seal::Config {
    std::string type;
    ShareCounts counts;
    bool isFromPrimary = false;
};

Result<std::optional<Seal::Config>> Seal::readConfig(const storage::Reader& reader)
{
    const auto stored = reader.get(kSealConfigKey);
    if (!stored) return stored.error();
    if (!*stored) return std::optional<Config>{};
    wire::SealConfig file;
    const bool isRead = file.ParseFromString(**stored);
    Config config{file.type(), {static_cast<int>(file.shares()), static_cast<int>(file.threshold())}, file.is_from_primary()};
    if (!isRead || config.type.empty() || !checkShareCounts(config.counts)) {
        return Error{ErrorCode::Corrupt, "the seal configuration is damaged"};
    }
    return std::optional<Config>{std::move(config)};
}

Result<Seal::Config> Seal::ownConfig() const
{
    auto config = readConfig(m_reader);
    if (!config) return std::move(config).error();
    if (!*config) return Error{ErrorCode::FailedPrecondition, "Vault is not initialized"};
    if ((*config)->type != type()) return foreign(**config);
    return std::move(**config);
}

Error Seal::foreign(const Config& config) const
{
    return Error{ErrorCode::FailedPrecondition,
                 "the storage was sealed by a seal of type \"" + config.type + "\", the configuration has one of type \"" + type() + '"'};
}

bool Seal::isMigrating(const Config& config) const
{
    return config.type != type() && (config.type == kShamir || (m_former != nullptr && m_former->type() == config.type));
}

Seal::Seal(Barrier& barrier, const storage::Reader& reader, Random& random, KeyWrapper* wrapper, KeyWrapper* former)
    : m_barrier{barrier}
    , m_reader{reader}
    , m_random{random}
    , m_wrapper{wrapper}
    , m_former{former}
{}

Result<Seal::Status> Seal::status() const
{
    const auto config = readConfig(m_reader);
    if (!config) return config.error();
    Status status;
    status.type = type();
    status.isSealed = m_barrier.isSealed();
    if (!*config) {
        // If only this row is there, a cluster was here and its seal is lost. So it is not a new store.
        const auto marked = m_reader.get(kInitializedKey);
        if (!marked) return marked.error();
        status.isInitialized = marked->has_value();
        return status;
    }
    status.isInitialized = true;
    status.type = (*config)->type;
    status.isMigrating = isMigrating(**config);
    status.threshold = (*config)->counts.threshold;
    status.shares = (*config)->counts.shares;
    status.isFromPrimary = (*config)->isFromPrimary;
    MutexLock lock{m_mutex};
    status.progress = static_cast<int>(m_shares.size());
    status.nonce = m_nonce;
    return status;
}

Result<std::vector<SecretBytes>> Seal::initialize(log::Transaction& transaction, const ShareCounts& counts, WallTime now)
{
    if (auto checked = checkShareCounts(counts); !checked) {
        return std::move(checked).error().withContext(m_wrapper ? "invalid recovery configuration" : "invalid seal configuration");
    }
    // Each of these rows says that there was a cluster here. They are read in the transaction, so two calls at the same time conflict.
    for (const auto key : {kInitializedKey, kSealConfigKey, kRootKeyKey, kRecoveryKey, kKeyringKey}) {
        const auto existing = transaction.get(key);
        if (!existing) return existing.error();
        if (*existing) return Error{ErrorCode::FailedPrecondition, "Vault is already initialized"};
    }

    auto keyring = Keyring::create(m_random, now);
    auto made = ShareSet::make(counts, keyring.rootKey(), m_random);
    if (!made) return std::move(made).error();
    auto operations = adopt({type(), std::move(made->set), keyring.sealed(m_random), keyring.rootKey().clone(), false});
    if (!operations) return std::move(operations).error();
    for (auto& operation : *operations) transaction.put(std::move(operation));
    // The barrier opens before the commit, because the caller still writes the first data with these keys.
    m_barrier.unseal(std::move(keyring));
    return std::move(made->shares);
}

Result<ShareSet> Seal::shamirSet(const Config& config) const
{
    auto wrapped = readRequired(m_reader, kRootKeyKey);
    if (!wrapped) return std::move(wrapped).error();
    return ShareSet{config.counts, std::move(*wrapped), {}, {}};
}

Result<ShareSet> Seal::shareSet(const Config& config, const SecretBytes& rootKey) const
{
    if (config.type == kShamir) {
        auto set = shamirSet(config);
        if (set) addChecks(m_reader, rootKey, *set);
        return set;
    }
    const auto sealed = readRequired(m_reader, kRecoveryKey);
    if (!sealed) return sealed.error();
    const auto parts = splitSealed(*sealed);
    if (!parts) return parts.error().withContext(kRecoveryKey);
    const auto plain = crypto::AeadKey{rootKey}.open(parts->nonce, kRecoveryKey, parts->ciphertext);
    if (!plain) return plain.error().withContext(kRecoveryKey);
    return ShareSet::parse(*plain);
}

Result<> Seal::open(const SecretBytes& rootKey)
{
    const auto sealedKeyring = readRequired(m_reader, kKeyringKey);
    if (!sealedKeyring) return sealedKeyring.error();
    auto keyring = Keyring::open(*sealedKeyring, rootKey);
    if (!keyring) return std::move(keyring).error();
    m_barrier.unseal(std::move(*keyring));
    return {};
}

Result<> Seal::unsealByItself()
{
    CORE_ASSERT(m_wrapper != nullptr);
    if (const auto config = ownConfig(); !config) return config.error();
    const auto rootKey = unwrapRootKey(m_reader, *m_wrapper);
    if (!rootKey) return rootKey.error();
    return open(*rootKey);
}

Result<> Seal::provide(SecretBytes share, bool isMigration)
{
    const auto stored = readConfig(m_reader);
    if (!stored) return stored.error();
    if (!*stored) return Error{ErrorCode::FailedPrecondition, "Vault is not initialized"};
    const auto& config = *stored;
    const bool isPending = isMigrating(*config);
    if (config->type != type() && !isPending) return foreign(*config);
    if (isPending && !isMigration) return invalid("migrate option not provided and seal migration is pending");
    if (isMigration && !isPending) return invalid("'migrate' parameter set true in JSON body when not in seal migration mode");
    // The size is checked before the share is kept, because anybody who can reach the port can send one.
    if (share.size() < kShareBytesMin) return invalid("invalid key: key is shorter than minimum 16 bytes");
    if (share.size() > kShareBytesMax) return invalid("invalid key: key is longer than maximum 33 bytes");

    std::vector<SecretBytes> shares;
    {
        // Only this block holds the mutex. The wrapper is called after it, because an HSM can take seconds and status() must stay quick.
        MutexLock lock{m_mutex};
        if (!m_barrier.isSealed()) return {};
        const bool isKnown = std::any_of(m_shares.begin(), m_shares.end(), [&](const auto& known) { return known == share; });
        if (isKnown) return {};
        if (m_shares.empty()) m_nonce = m_random.uuid();
        m_shares.push_back(std::move(share));
        if (m_shares.size() < static_cast<std::size_t>(config->counts.threshold)) return {};
        shares = std::exchange(m_shares, {});
        m_nonce.clear();
    }
    // With an automatic seal the shares only authorise. The wrapper opens the root key, and the shares must then fit the ShareSet
    // that is sealed with the root key.
    SecretBytes wrapperRootKey;
    if (config->type != kShamir) {
        auto unwrapped = unwrapRootKey(m_reader, isPending ? *m_former : *m_wrapper);
        if (!unwrapped) return std::move(unwrapped).error();
        wrapperRootKey = std::move(*unwrapped);
    }
    const auto set = shareSet(*config, wrapperRootKey);
    if (!set) return set.error();
    const auto rootKey = set->rootKey(shares);
    if (!rootKey) {
        if (rootKey.error().code == ErrorCode::InvalidArgument) return invalid("Unseal failed, invalid key");
        return rootKey.error();
    }
    return open(*rootKey);
}

void Seal::reset()
{
    MutexLock lock{m_mutex};
    m_shares.clear();
    m_nonce.clear();
}

Result<> Seal::verifyShares(const std::vector<SecretBytes>& shares) const
{
    const auto config = readConfig(m_reader);
    if (!config) return config.error();
    if (!*config) return Error{ErrorCode::FailedPrecondition, "Vault is not initialized"};
    Result<ShareSet> set = ShareSet{};
    if ((*config)->type == kShamir) {
        set = shamirSet(**config);
    } else {
        const auto keyring = m_barrier.keyring();
        if (!keyring) return keyring.error();
        set = shareSet(**config, keyring->rootKey());
    }
    if (!set) return set.error();
    const auto rootKey = set->rootKey(shares);
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
    auto config = readConfig(m_reader);
    if (!config) return std::move(config).error();
    if (!*config) return Error{ErrorCode::FailedPrecondition, "Vault is not initialized"};
    auto set = shareSet(**config, keyring->rootKey());
    if (!set) return std::move(set).error();
    auto sealedKeyring = readRequired(m_reader, kKeyringKey);
    if (!sealedKeyring) return std::move(sealedKeyring).error();
    return KeyBundle{(*config)->type, std::move(*set), std::move(*sealedKeyring), keyring->rootKey().clone(), (*config)->isFromPrimary};
}

std::vector<log::Operation> Seal::shareOperations(const ShareSet& set, const SecretBytes& rootKey, bool isFromPrimary) const
{
    wire::SealConfig config;
    config.set_type(type());
    config.set_shares(static_cast<std::uint32_t>(set.counts.shares));
    config.set_threshold(static_cast<std::uint32_t>(set.counts.threshold));
    config.set_is_from_primary(isFromPrimary);
    std::vector<log::Operation> out;
    out.push_back(put(kSealConfigKey, config.SerializeAsString()));
    out.push_back(put(kInitializedKey, std::string{kInitializedValue}));
    out.push_back(put(kStoreFormatKey, StoreFormat::current().encode()));
    if (m_wrapper) {
        out.push_back(put(kRecoveryKey, sealValueWith(crypto::AeadKey{rootKey}, kNoTerm, m_random, kRecoveryKey, set.serialize())));
        return out;
    }
    out.push_back(put(kRootKeyKey, set.wrappedRootKey));
    if (!set.checkKey.empty()) {
        wire::ShareChecks checks;
        checks.set_check_key(set.checkKey);
        checks.set_checks(set.checks);
        checks.set_wrapped_root_key_hash(set.id());
        // Sealed, so that a stolen disk does not show whether a guessed share is right.
        out.push_back(put(kShareChecksKey, sealValueWith(crypto::AeadKey{rootKey}, kNoTerm, m_random, kShareChecksKey, checks.SerializeAsString())));
    }
    return out;
}

Result<> Seal::checkReady() const
{
    if (!m_wrapper) return {};
    // A whole round trip: a wrapper that can wrap but not unwrap would lock this node out of its own data after the activation.
    constexpr std::string_view kTrial = "trial";
    const SecretBytes secret = m_random.secret(crypto::kAeadKeyBytes);
    const auto wrapped = m_wrapper->wrap(kTrial, secret);
    if (!wrapped) return wrapped.error();
    const auto opened = m_wrapper->unwrap(kTrial, *wrapped);
    if (!opened) return opened.error();
    if (!(*opened == secret)) return Error{ErrorCode::Corrupt, "what the seal wrapped came back altered"};
    return {};
}

Result<std::vector<log::Operation>> Seal::adopt(const KeyBundle& bundle) const
{
    auto keyring = bundle.keyring();
    if (!keyring) return std::move(keyring).error();
    auto out = shareOperations(bundle.shares, bundle.rootKey, bundle.isFromPrimary);
    if (m_wrapper) {
        auto wrapped = m_wrapper->wrap(kRootKeyKey, bundle.rootKey);
        if (!wrapped) return std::move(wrapped).error().withContext("wrapping the root key");
        out.push_back(put(kRootKeyKey, std::move(*wrapped)));
    }
    Barrier barrier{m_random}; // computes the forest's hashes with the new set's key
    barrier.unseal(std::move(*keyring));
    auto operation = barrier.putStoredOperation(std::string{kKeyringKey}, bundle.sealedKeyring);
    if (!operation) return std::move(operation).error();
    out.push_back(std::move(*operation));
    return out;
}

Result<bool> Seal::adoptKeyRows(log::Transaction& transaction) const
{
    const auto sealed = transaction.get(kKeySharesKey);
    if (!sealed) return sealed.error();
    if (!*sealed) return false;
    const auto keyring = m_barrier.keyring();
    if (!keyring) return keyring.error();
    if (keyring->rootGeneration() > 0) return false; // after a rekey, shares arrive with the root key, and this row is older
    const auto plain = m_barrier.openValue(kKeySharesKey, **sealed);
    if (!plain) return plain.error();
    const auto theirs = ShareSet::parse(*plain);
    if (!theirs) return theirs.error();
    const auto ours = keyBundle();
    if (!ours) return ours.error();
    if (ours->shares == *theirs || ours->sealType != type()) return false;
    for (auto& operation : shareOperations(*theirs, ours->rootKey, true)) transaction.put(std::move(operation));
    return true;
}

} // namespace core::barrier
