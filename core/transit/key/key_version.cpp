#include "core/transit/key/key_version.h"

#include "core/base/bytes.h"

namespace core::transit {
namespace {

constexpr char kFormat = 1;
constexpr std::size_t kHeaderBytes = 1 + 8 + 1;

const Error kDamaged{ErrorCode::Corrupt, "a stored version of a transit key is damaged"};

/// Takes a field with its length off the front. False: too short.
bool take(std::string_view& from, std::string_view& field)
{
    if (from.size() < 4) return false;
    const auto size = readLittleEndian<std::uint32_t>(from);
    from.remove_prefix(4);
    if (size > from.size()) return false;
    field = from.substr(0, size);
    from.remove_prefix(size);
    return true;
}

} // namespace

KeyVersion::KeyVersion(KeyVersion&& other) noexcept
    : number{other.number}
    , createdAt{other.createdAt}
    , secret{std::move(other.secret)}
    , hmacKey{std::move(other.hmacKey)}
    , publicDer{std::move(other.publicDer)}
    , convergentScheme{other.convergentScheme}
{}

KeyVersion KeyVersion::clone() const
{
    KeyVersion copy;
    copy.number = number;
    copy.createdAt = createdAt;
    copy.secret = secret.clone();
    copy.hmacKey = hmacKey.clone();
    copy.publicDer = publicDer;
    copy.convergentScheme = convergentScheme;
    return copy;
}

Result<const crypto::AsymmetricKey*> KeyVersion::asymmetric(const KeyTypeTraits& type) const
{
    MutexLock lock{m_parsedMutex};
    if (m_parsed) return m_parsed.get();
    auto parsed = [&]() -> Result<crypto::AsymmetricKey> {
        if (!hasPrivateHalf()) return crypto::AsymmetricKey::fromPublicDer(publicDer);
        if (type.type != KeyType::Ed25519) return crypto::AsymmetricKey::fromPkcs8(secret.view());
        if (secret.size() != 64) return kDamaged;
        return crypto::AsymmetricKey::ed25519FromSeed(secret.view().substr(0, 32));
    }();
    if (!parsed || parsed->algorithm() != type.asymmetric) return kDamaged;
    m_parsed = std::make_unique<const crypto::AsymmetricKey>(std::move(*parsed));
    return m_parsed.get();
}

SecretBytes KeyVersion::encode() const
{
    std::string out;
    out.reserve(kHeaderBytes + 3 * 4 + secret.size() + hmacKey.size() + publicDer.size()); // so that no copy of a key stays behind
    out.push_back(kFormat);
    appendLittleEndian(out, static_cast<std::uint64_t>(createdAt.time_since_epoch().count()));
    out.push_back(static_cast<char>(convergentScheme));
    for (const auto field : {secret.view(), hmacKey.view(), std::string_view{publicDer}}) {
        appendLittleEndian(out, static_cast<std::uint32_t>(field.size()));
        out.append(field);
    }
    auto encoded = SecretBytes::copyOf(out);
    wipe(out);
    return encoded;
}

Result<KeyVersion> KeyVersion::decode(VersionNumber number, std::string_view bytes)
{
    if (bytes.size() < kHeaderBytes || bytes[0] != kFormat) return kDamaged;
    KeyVersion version;
    version.number = number;
    version.createdAt = WallTime{std::chrono::nanoseconds{static_cast<std::int64_t>(readLittleEndian<std::uint64_t>(bytes.substr(1)))}};
    version.convergentScheme = static_cast<std::uint8_t>(bytes[9]);
    auto rest = bytes.substr(kHeaderBytes);
    std::string_view secret;
    std::string_view hmacKey;
    std::string_view publicDer;
    if (!take(rest, secret) || !take(rest, hmacKey) || !take(rest, publicDer) || !rest.empty()) return kDamaged;
    version.secret = SecretBytes::copyOf(secret);
    version.hmacKey = SecretBytes::copyOf(hmacKey);
    version.publicDer = publicDer;
    return version;
}

} // namespace core::transit
