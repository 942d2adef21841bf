#include "core/barrier/sealed_value.h"

#include "core/base/bytes.h"

#include <array>

namespace core::barrier {
namespace {

constexpr char kVersion = 1;

} // namespace

Result<SealedParts> splitSealed(std::string_view sealed)
{
    if (sealed.size() < kSealedOverheadBytes) return Error{ErrorCode::Corrupt, "sealed value is too short"};
    if (sealed[0] != kVersion) return Error{ErrorCode::Corrupt, "sealed value has an unknown version"};
    return SealedParts{readLittleEndian<std::uint32_t>(sealed.substr(1)), sealed.substr(5, crypto::kAeadNonceBytes),
                       sealed.substr(kSealedHeaderBytes)};
}

std::string sealValueWith(const crypto::AeadKey& key, std::uint32_t term, Random& random, std::string_view physicalKey, std::string_view plaintext)
{
    std::array<std::byte, crypto::kAeadNonceBytes> nonce;
    random.fill(nonce);
    std::string out;
    out.reserve(kSealedOverheadBytes + plaintext.size());
    out.push_back(kVersion);
    appendLittleEndian(out, term);
    out.append(asText(nonce));
    key.sealTo(out, asText(nonce), physicalKey, plaintext);
    return out;
}

/// The GCM tag depends on the whole value, so the forest does not have to hash large values again.
std::string_view valueDigestOf(std::string_view sealed)
{
    return sealed.size() <= crypto::kAeadTagBytes ? sealed : sealed.substr(sealed.size() - crypto::kAeadTagBytes);
}

} // namespace core::barrier
