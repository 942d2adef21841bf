#include "core/crypto/hmac.h"

#include <algorithm>

namespace core::crypto {
namespace {

constexpr std::size_t kBlockBytes = 64;

} // namespace

HmacKey::HmacKey(std::string_view key)
{
    SecretBytes block{kBlockBytes};
    if (key.size() > kBlockBytes) {
        Digest digest = sha256(key);
        std::copy(digest.begin(), digest.end(), block.data());
        core::wipe(digest.data(), digest.size());
    } else {
        std::copy(key.begin(), key.end(), block.data());
    }
    for (std::size_t at = 0; at < kBlockBytes; ++at) block.data()[at] ^= 0x36;
    m_inner.update(block.view());
    for (std::size_t at = 0; at < kBlockBytes; ++at) block.data()[at] ^= 0x36 ^ 0x5c;
    m_outer.update(block.view());
}

Digest HmacKey::mac(std::initializer_list<std::string_view> parts) const
{
    Sha256 inner = m_inner;
    for (const auto part : parts) inner.update(part);
    Sha256 outer = m_outer;
    outer.update(viewOf(inner.finish()));
    return outer.finish();
}

ShortMac HmacKey::shortMac(std::initializer_list<std::string_view> parts) const
{
    const Digest full = mac(parts);
    ShortMac out;
    std::copy_n(full.begin(), out.size(), out.begin());
    return out;
}

} // namespace core::crypto
