#include "core/barrier/barrier.h"

#include "core/barrier/sealed_value.h"
#include "core/crypto/hmac.h"

#include <algorithm>
#include <atomic>

namespace core::barrier {
namespace {

Error sealedError()
{
    return Error{ErrorCode::Sealed, "Vault is sealed"};
}

std::string_view textOf(const merkle::KeyHash& hash)
{
    return crypto::viewOf(hash);
}

/// The forest has leaves for keys of these classes (see core/merkle).
bool isInForest(std::string_view physicalKey)
{
    return physicalKey.starts_with("s/") || physicalKey.starts_with("l/");
}

} // namespace

struct Barrier::State {
    struct TermKey {
        std::uint32_t number;
        crypto::AeadKey key;
    };

    explicit State(Keyring from) : keyring{std::move(from)}, forestKey{keyring.forestKey()}
    {
        for (const auto& term : keyring.terms()) keys.push_back({term.number, crypto::AeadKey{term.key}});
    }

    const TermKey* find(std::uint32_t number) const
    {
        // It is almost always the newest term.
        const auto found = std::find_if(keys.rbegin(), keys.rend(), [number](const auto& key) { return key.number == number; });
        return found == keys.rend() ? nullptr : &*found;
    }

    merkle::KeyHash hash(std::string_view physicalKey) const { return forestKey.shortMac(physicalKey); }
    merkle::LeafDigest digest(const merkle::KeyHash& keyHash, std::string_view stored) const
    {
        return forestKey.shortMac({textOf(keyHash), valueDigestOf(stored)});
    }

    std::string sealValue(Random& random, std::string_view physicalKey, std::string_view plaintext)
    {
        encryptionCount.fetch_add(1, std::memory_order_relaxed);
        return sealValueWith(keys.back().key, keys.back().number, random, physicalKey, plaintext);
    }

    log::Operation put(std::string physicalKey, std::string stored) const
    {
        log::Operation operation{.kind = log::OperationKind::Put, .key = std::move(physicalKey), .value = std::move(stored)};
        if (isInForest(operation.key)) {
            operation.keyHash = hash(operation.key);
            operation.leafDigest = digest(operation.keyHash, operation.value);
        }
        return operation;
    }

    Keyring keyring;
    crypto::HmacKey forestKey;
    std::vector<TermKey> keys; // ascending
    std::atomic<std::uint64_t> encryptionCount{0};
};

Barrier::Barrier(Random& random) : m_random{random} {}

Barrier::~Barrier() = default;

bool Barrier::isSealed() const
{
    ReadLock lock{m_mutex};
    return m_state == nullptr;
}

/// The state is made before the lock is taken, because preparing the keys takes a while and every request waits for this lock.
void Barrier::unseal(Keyring keyring)
{
    auto state = std::make_unique<State>(std::move(keyring));
    WriteLock lock{m_mutex};
    m_state = std::move(state);
    m_rootKeyExpected = {};
    ++m_version;
}

void Barrier::seal()
{
    WriteLock lock{m_mutex};
    m_state.reset();
    m_rootKeyExpected = {};
    ++m_version;
}

/// A rekey must leave no moment in which the keyring cannot be opened. The order is:
/// 1. Seal::install() calls expectRootKey() with the new root key, before the commit.
/// 2. The transaction is committed. The stored keyring now opens only with the new root key.
/// 3. Any thread that finds an unknown term calls reload(). The old root key fails, the expected one opens the keyring.
/// Without step 1, a reader between the commit and the reload would report a damaged keyring.
Result<> Barrier::reload(std::string_view sealedKeyring) const
{
    WriteLock lock{m_mutex};
    if (!m_state) return sealedError();
    auto keyring = Keyring::open(sealedKeyring, m_state->keyring.rootKey());
    const bool isNewRoot = !keyring && !m_rootKeyExpected.empty();
    if (isNewRoot) keyring = Keyring::open(sealedKeyring, m_rootKeyExpected);
    if (!keyring) return std::move(keyring).error();
    // An older keyring is ignored: a transaction that began before the last rotation can still read one.
    if (isNewRoot || keyring->activeTerm().number > m_state->keyring.activeTerm().number) {
        m_state = std::make_unique<State>(std::move(*keyring));
        ++m_version;
    }
    if (isNewRoot) m_rootKeyExpected = {};
    return {};
}

void Barrier::expectRootKey(SecretBytes rootKey) const
{
    WriteLock lock{m_mutex};
    m_rootKeyExpected = std::move(rootKey);
}

bool Barrier::isRootKeyExpected() const
{
    ReadLock lock{m_mutex};
    return !m_rootKeyExpected.empty();
}

Result<std::string> Barrier::sealValue(std::string_view physicalKey, std::string_view plaintext) const
{
    ReadLock lock{m_mutex};
    if (!m_state) return sealedError();
    return m_state->sealValue(m_random, physicalKey, plaintext);
}

Result<std::string> Barrier::openValue(std::string_view physicalKey, std::string_view sealed) const
{
    // The form is checked before the lock. A value can come from another cluster, so it can be anything.
    const auto parts = splitSealed(sealed);
    if (!parts) return Error{parts.error()}.withContext(physicalKey);
    ReadLock lock{m_mutex};
    if (!m_state) return sealedError();
    const auto* key = m_state->find(parts->term);
    if (key == nullptr) {
        return Error{ErrorCode::NotFound, "sealed under the unknown term " + std::to_string(parts->term)};
    }
    auto plaintext = key->key.open(parts->nonce, physicalKey, parts->ciphertext);
    if (!plaintext) return std::move(plaintext).error().withContext(physicalKey);
    return plaintext;
}

bool Barrier::isAuthentic(std::string_view physicalKey, std::string_view sealed) const
{
    const auto parts = splitSealed(sealed);
    if (!parts) return false;
    if (parts->term == 0) return true; // for example the keyring itself, which opens with the root key
    auto plaintext = openValue(physicalKey, sealed);
    if (!plaintext) return false;
    wipe(*plaintext);
    return true;
}

Result<log::Operation> Barrier::putOperation(std::string physicalKey, std::string_view plaintext) const
{
    ReadLock lock{m_mutex};
    if (!m_state) return sealedError();
    auto stored = m_state->sealValue(m_random, physicalKey, plaintext);
    return m_state->put(std::move(physicalKey), std::move(stored));
}

Result<log::Operation> Barrier::putStoredOperation(std::string physicalKey, std::string stored) const
{
    ReadLock lock{m_mutex};
    if (m_state) return m_state->put(std::move(physicalKey), std::move(stored));
    if (isInForest(physicalKey)) return sealedError();
    return log::Operation{.kind = log::OperationKind::Put, .key = std::move(physicalKey), .value = std::move(stored)};
}

Result<log::Operation> Barrier::eraseOperation(std::string physicalKey) const
{
    log::Operation operation{.kind = log::OperationKind::Delete, .key = std::move(physicalKey), .value = {}};
    if (!isInForest(operation.key)) return operation;
    auto hash = keyHash(operation.key);
    if (!hash) return std::move(hash).error();
    operation.keyHash = *hash;
    return operation;
}

Result<merkle::KeyHash> Barrier::keyHash(std::string_view physicalKey) const
{
    ReadLock lock{m_mutex};
    if (!m_state) return sealedError();
    return m_state->hash(physicalKey);
}

Result<merkle::LeafDigest> Barrier::leafDigest(const merkle::KeyHash& keyHash, std::string_view stored) const
{
    ReadLock lock{m_mutex};
    if (!m_state) return sealedError();
    return m_state->digest(keyHash, stored);
}

/// A record from a link carries hash and digest. A hostile or damaged member could send ones that do not match its value, and the forest would then
/// prove something that is not true. So both are computed again here.
Result<> Barrier::verify(const log::Operation& operation) const
{
    merkle::KeyHash hash{};
    merkle::LeafDigest digest{};
    if (isInForest(operation.key)) {
        ReadLock lock{m_mutex};
        if (!m_state) return sealedError();
        hash = m_state->hash(operation.key);
        if (operation.kind == log::OperationKind::Put) digest = m_state->digest(hash, operation.value);
    }
    if (hash != operation.keyHash || digest != operation.leafDigest) {
        return Error{ErrorCode::Corrupt, operation.key + ": the digest in the entry does not match its value"};
    }
    return {};
}

Result<Barrier::KeyStatus> Barrier::keyStatus() const
{
    ReadLock lock{m_mutex};
    if (!m_state) return sealedError();
    const auto& active = m_state->keyring.activeTerm();
    return KeyStatus{active.number, active.installedAt, m_state->encryptionCount.load(std::memory_order_relaxed)};
}

Result<Keyring> Barrier::keyring() const
{
    ReadLock lock{m_mutex};
    if (!m_state) return sealedError();
    return m_state->keyring.clone();
}

Result<> Barrier::rotate(log::Transaction& transaction, WallTime now) const
{
    // From the stored keyring and not from memory, so that two rotations at the same time conflict and none is lost.
    const auto stored = transaction.get(kKeyringKey);
    if (!stored) return stored.error();
    if (!*stored) return Error{ErrorCode::Corrupt, "there is no keyring"};
    if (auto current = reload(**stored); !current) return current;
    auto next = keyring();
    if (!next) return std::move(next).error();
    next->rotate(m_random, now);
    auto operation = putStoredOperation(std::string{kKeyringKey}, next->sealed(m_random));
    if (!operation) return std::move(operation).error();
    transaction.put(std::move(*operation));
    return {};
}

} // namespace core::barrier
