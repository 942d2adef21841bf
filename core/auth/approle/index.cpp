#include "core/auth/approle/index.h"

#include "core/base/encoding.h"

namespace core::auth::approle {
namespace {

constexpr std::string_view kSaltPath = "salt";
constexpr std::size_t kSaltBytes = 32;

} // namespace

Result<> SaltedDigests::makeSalt(mount::Context& context)
{
    const auto salt = context.random.secret(kSaltBytes);
    return context.storage.put(kSaltPath, salt.view());
}

Result<SaltedDigests> SaltedDigests::load(const mount::Context& context)
{
    auto salt = context.storage.get(kSaltPath);
    if (!salt) return salt.error();
    if (!*salt || (*salt)->size() != kSaltBytes) return Error{ErrorCode::Corrupt, "the salt of an approle mount"};
    SaltedDigests digests{**salt};
    wipe(**salt);
    return digests;
}

std::string SaltedDigests::of(std::string_view text) const
{
    return digestOf(m_salt, text);
}

std::string digestOf(const crypto::HmacKey& key, std::string_view text)
{
    return toHex(crypto::viewOf(key.mac(text)));
}

} // namespace core::auth::approle
