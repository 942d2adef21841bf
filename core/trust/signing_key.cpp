#include "core/trust/signing_key.h"

#include "core/base/result.h"

namespace core::trust {

std::string signedText(std::string_view purpose, std::string_view bytes)
{
    CORE_ASSERT(!purpose.empty() && purpose.find('\n') == std::string_view::npos);
    constexpr std::string_view kHead = "holdfast trust v1 ";
    std::string text;
    text.reserve(kHead.size() + purpose.size() + 1 + bytes.size());
    text.append(kHead).append(purpose).append("\n").append(bytes);
    return text;
}

bool isSignedBy(std::string_view publicKey, std::string_view purpose, std::string_view bytes, std::string_view signature)
{
    if (publicKey.size() != kPublicKeyBytes || signature.size() != kSignatureBytes) return false;
    return crypto::isSignedBy(publicKey, signedText(purpose, bytes), signature);
}

SigningKey::SigningKey(SecretBytes seed) : m_seed{std::move(seed)}, m_key{crypto::Ed25519Key::fromSeed(m_seed)}, m_publicKey{m_key.publicKey()} {}

std::string SigningKey::sign(std::string_view purpose, std::string_view bytes) const
{
    return m_key.sign(signedText(purpose, bytes));
}

} // namespace core::trust
