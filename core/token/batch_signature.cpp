#include "core/token/token_store.h"

#include "core/crypto/digest.h"
#include "core/token/batch_signature.h"

#include <charconv>

namespace core::token {
namespace {

constexpr std::string_view kPurpose = "batch token";
constexpr std::size_t kVerifiedMax = 4096;

// Two fields of token.proto behind the entry. They are always last and always of this size. So the signed bytes are a prefix of the token, and a
// program that knows no signatures skips the fields.
constexpr std::string_view kKeyHead{"\xf2\x01\x20", 3};
constexpr std::string_view kSignatureHead{"\xfa\x01\x40", 3};
constexpr std::size_t kSuffixBytes = kKeyHead.size() + trust::kPublicKeyBytes + kSignatureHead.size() + trust::kSignatureBytes;

std::string signedBytes(std::string_view publicKey, std::string_view entry)
{
    return std::string{publicKey}.append(entry);
}

} // namespace

std::string withSignature(std::string entry, const trust::SigningKey& key)
{
    const auto signature = key.sign(kPurpose, signedBytes(key.publicKey(), entry));
    entry.append(kKeyHead).append(key.publicKey()).append(kSignatureHead).append(signature);
    return entry;
}

bool TokenStore::isSignatureGood(std::string_view publicKey, std::string_view entry, std::string_view signature) const
{
    const std::string text = signedBytes(publicKey, entry);
    const std::string digest = crypto::sha256Bytes(std::string{text}.append(signature));
    {
        MutexLock lock{m_verifiedMutex};
        if (m_verified.contains(digest)) return true;
    }
    if (!trust::isSignedBy(publicKey, kPurpose, text, signature)) return false;
    MutexLock lock{m_verifiedMutex};
    if (m_verified.size() >= kVerifiedMax) m_verified.clear();
    m_verified.insert(digest);
    return true;
}

Result<std::optional<TokenStore::Signed>> TokenStore::signedPart(const barrier::Scope& scope, std::string_view plain, WallTime now) const
{
    using Part = std::optional<Signed>;
    if (!m_batchTrust.ownKeys) return Part{Signed{plain, {}}};
    const auto suffix = plain.size() > kSuffixBytes ? plain.substr(plain.size() - kSuffixBytes) : std::string_view{};
    const bool isSigned = suffix.starts_with(kKeyHead) && suffix.substr(kKeyHead.size() + trust::kPublicKeyBytes).starts_with(kSignatureHead);
    if (!isSigned) {
        auto until = scope.local({}).get(kUnsignedUntilPath);
        if (!until) return std::move(until).error();
        if (!*until) return Part{Signed{plain, {}}};
        std::int64_t ms = 0;
        std::from_chars((*until)->data(), (*until)->data() + (*until)->size(), ms);
        return now < fromUnixMs(ms) ? Part{Signed{plain, {}}} : Part{};
    }
    const auto entry = plain.substr(0, plain.size() - kSuffixBytes);
    const auto publicKey = suffix.substr(kKeyHead.size(), trust::kPublicKeyBytes);
    // The maker is looked up each time, so that a revocation counts at once. The signature itself is verified only once.
    Signed part{entry, {}};
    const auto own = m_batchTrust.ownKeys();
    if (!own || !own->token().owns(publicKey, now)) {
        const auto maker = m_batchTrust.maker(publicKey);
        if (!maker) return Part{};
        if (maker->type == trust::TokenMakers::SetType::Performance) part.madeBy = maker->secondaryId;
    }
    if (!isSignatureGood(publicKey, entry, suffix.substr(suffix.size() - trust::kSignatureBytes))) return Part{};
    return Part{std::move(part)};
}

} // namespace core::token
