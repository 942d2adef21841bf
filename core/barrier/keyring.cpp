#include "core/barrier/keyring.h"

#include "core/barrier/keyring.pb.h"
#include "core/barrier/sealed_value.h"
#include "core/crypto/hmac.h"

#include <algorithm>

namespace core::barrier {
namespace {

/// A MAC under the key itself: it shows that two keys are equal, and reveals nothing about the key.
std::string idOf(std::string_view purpose, const SecretBytes& key)
{
    const auto mac = crypto::HmacKey{key}.shortMac(purpose);
    return std::string{crypto::viewOf(mac)};
}

} // namespace

std::string rootKeyId(const SecretBytes& rootKey)
{
    return idOf("holdfast root key id v1", rootKey);
}

Keyring Keyring::create(Random& random, WallTime now)
{
    Keyring keyring;
    keyring.m_rootKey = random.secret(crypto::kAeadKeyBytes);
    keyring.m_forestKey = random.secret(crypto::kAeadKeyBytes);
    keyring.m_terms.push_back({1, random.secret(crypto::kAeadKeyBytes), now});
    return keyring;
}

Result<Keyring> Keyring::open(std::string_view sealed, const SecretBytes& rootKey)
{
    const Error damaged{ErrorCode::Corrupt, "the keyring is damaged"};
    if (rootKey.size() != crypto::kAeadKeyBytes) return damaged;
    const auto parts = splitSealed(sealed);
    if (!parts) return Error{parts.error()}.withContext("keyring");
    auto plain = crypto::AeadKey{rootKey}.openSecret(parts->nonce, kKeyringKey, parts->ciphertext);
    if (!plain) return std::move(plain).error().withContext("keyring");

    wire::Keyring file;
    if (!file.ParseFromArray(plain->data(), static_cast<int>(plain->size()))) return damaged;
    Keyring keyring;
    keyring.m_rootKey = SecretBytes::copyOf(file.root_key());
    keyring.m_forestKey = SecretBytes::copyOf(file.forest_key());
    keyring.m_rootGeneration = file.root_generation();
    // The keyring names its own root key. If that is not the key that opened it, the file was put together by hand.
    bool isWhole = file.terms_size() > 0 && keyring.m_rootKey == rootKey && keyring.m_forestKey.size() == crypto::kAeadKeyBytes;
    for (auto& term : *file.mutable_terms()) {
        // Terms ascend, so that the last one is the newest. kNoTerm marks values of other keys and cannot be a term.
        isWhole = isWhole && term.key().size() == crypto::kAeadKeyBytes && term.number() != kNoTerm &&
                  (keyring.m_terms.empty() || keyring.m_terms.back().number < term.number());
        keyring.m_terms.push_back({term.number(), SecretBytes::copyOf(term.key()), fromUnixMs(term.installed_unix_ms())});
        core::wipe(*term.mutable_key());
    }
    core::wipe(*file.mutable_root_key());
    core::wipe(*file.mutable_forest_key());
    if (!isWhole || keyring.activeTerm().number != file.active_term()) return damaged;
    return keyring;
}

std::string Keyring::sealed(Random& random) const
{
    wire::Keyring file;
    for (const auto& term : m_terms) {
        auto* to = file.add_terms();
        to->set_number(term.number);
        to->set_key(term.key.data(), term.key.size());
        to->set_installed_unix_ms(toUnixMs(term.installedAt));
    }
    file.set_active_term(activeTerm().number);
    file.set_root_generation(m_rootGeneration);
    file.set_root_key(m_rootKey.data(), m_rootKey.size());
    file.set_forest_key(m_forestKey.data(), m_forestKey.size());
    std::string plain = file.SerializeAsString();
    std::string out = sealValueWith(crypto::AeadKey{m_rootKey}, kNoTerm, random, kKeyringKey, plain);
    core::wipe(plain);
    for (auto& term : *file.mutable_terms()) core::wipe(*term.mutable_key());
    core::wipe(*file.mutable_root_key());
    core::wipe(*file.mutable_forest_key());
    return out;
}

Keyring Keyring::clone() const
{
    Keyring copy;
    for (const auto& term : m_terms) copy.m_terms.push_back({term.number, term.key.clone(), term.installedAt});
    copy.m_rootKey = m_rootKey.clone();
    copy.m_forestKey = m_forestKey.clone();
    copy.m_rootGeneration = m_rootGeneration;
    return copy;
}

void Keyring::rotate(Random& random, WallTime now)
{
    m_terms.push_back({activeTerm().number + 1, random.secret(crypto::kAeadKeyBytes), now});
}

void Keyring::replaceRootKey(SecretBytes rootKey)
{
    CORE_ASSERT(rootKey.size() == crypto::kAeadKeyBytes);
    m_rootKey = std::move(rootKey);
    ++m_rootGeneration;
}

bool Keyring::holdsTermsOf(const Keyring& other) const
{
    return std::ranges::all_of(other.m_terms, [this](const Term& theirs) {
        return std::ranges::any_of(m_terms, [&](const Term& own) { return own.number == theirs.number && own.key == theirs.key; });
    });
}

Keyring::Ids Keyring::ids() const
{
    return {rootKeyId(m_rootKey), idOf("holdfast term id v1 " + std::to_string(activeTerm().number), activeTerm().key)};
}

} // namespace core::barrier
