#include "core/transit/operation/encryption.h"

#include "core/base/encoding.h"
#include "core/base/go_text.h"
#include "core/crypto/key_derivation.h"
#include "core/transit/key/key_making.h"
#include "core/transit/operation/versioned_text.h"

namespace core::transit {
namespace {

using crypto::HashAlgorithm;

constexpr std::size_t kConvergentMacBytes = 32;

/// The symmetric keys of one message.
struct MessageKeys {
    SecretBytes cipher;
    SecretBytes nonce; // for the MAC that gives the nonce of convergent encryption; else empty
};

Result<MessageKeys> messageKeys(const Key& key, const KeyVersion& version, std::string_view context)
{
    const auto cipherBytes = crypto::keyBytesOf(*key.settings.traits().aead);
    const auto macBytes = key.settings.isConvergent ? kConvergentMacBytes : 0;
    auto material = materialFor(key, version, context, cipherBytes + macBytes);
    if (!material) return std::move(material).error();
    if (material->size() < cipherBytes + macBytes) return Error{ErrorCode::Corrupt, "a stored transit key is too short"};
    return MessageKeys{.cipher = SecretBytes::copyOf(material->view().substr(0, cipherBytes)),
                       .nonce = SecretBytes::copyOf(material->view().substr(cipherBytes, macBytes))};
}

/// Refuses the schemes of before 2018.
Result<> checkScheme(const Key& key, const KeyVersion& version)
{
    if (!key.settings.isConvergent || version.convergentScheme == kConvergentScheme) return {};
    return callerFault("refusing to support decryption with old convergent encryption key: version " + std::to_string(version.convergentScheme));
}

std::string nonceFor(const MessageKeys& keys, std::string_view plaintext, Random& random)
{
    if (keys.nonce.empty()) return random.bytes(crypto::kStandardNonceBytes);
    return crypto::hmacBy(HashAlgorithm::Sha2_256, keys.nonce, plaintext).substr(0, crypto::kStandardNonceBytes);
}

Result<std::string> encryptSymmetric(const Key& key, const KeyVersion& version, const Encryption& input, Random& random)
{
    if (auto checked = checkScheme(key, version); !checked) return std::move(checked).error();
    auto keys = messageKeys(key, version, input.context);
    if (!keys) return std::move(keys).error();
    std::string sealed = nonceFor(*keys, input.plaintext, random);
    const std::string nonce = sealed;
    sealed.reserve(nonce.size() + input.plaintext.size() + crypto::kStandardTagBytes);
    crypto::sealTo(sealed,
                   {.cipher = *key.settings.traits().aead,
                    .key = keys->cipher.view(),
                    .nonce = nonce,
                    .additional = input.additional.value_or(std::string_view{})},
                   input.plaintext);
    return sealed;
}

Result<SecretBytes> decryptSymmetric(const Key& key, const KeyVersion& version, const Decryption& input, std::string_view sealed)
{
    if (auto checked = checkScheme(key, version); !checked) return std::move(checked).error();
    auto keys = messageKeys(key, version, input.context);
    if (!keys) return std::move(keys).error();
    if (sealed.size() < crypto::kStandardNonceBytes) return callerFault("invalid ciphertext length");
    const auto cipher = *key.settings.traits().aead;
    auto opened = crypto::openSealed({.cipher = cipher,
                                      .key = keys->cipher.view(),
                                      .nonce = sealed.substr(0, crypto::kStandardNonceBytes),
                                      .additional = input.additional.value_or(std::string_view{})},
                                     sealed.substr(crypto::kStandardNonceBytes));
    if (opened) return opened;
    return callerFault(cipher == crypto::StandardAead::ChaCha20Poly1305 ? "chacha20poly1305: message authentication failed"
                                                                        : "cipher: message authentication failed");
}

Result<std::string> encryptRsa(const Key& key, const KeyVersion& version, std::string_view plaintext)
{
    const auto pair = version.asymmetric(key.settings.traits());
    if (!pair) return pair.error();
    auto sealed = (*pair)->encryptOaep(HashAlgorithm::Sha2_256, plaintext);
    if (!sealed) return serverFault("failed to RSA encrypt the plaintext: message too long for RSA key size");
    return sealed;
}

Result<SecretBytes> decryptRsa(const Key& key, const KeyVersion& version, std::string_view sealed)
{
    if (!version.hasPrivateHalf()) return serverFault("cannot decrypt ciphertext, key version does not have a private counterpart");
    const auto pair = version.asymmetric(key.settings.traits());
    if (!pair) return pair.error();
    auto opened = (*pair)->decryptOaep(HashAlgorithm::Sha2_256, sealed);
    if (!opened) return serverFault("failed to RSA decrypt the ciphertext: decryption error");
    return opened;
}

Error noSuchVersion()
{
    return serverFault("no such key version found");
}

/// The version to encrypt with. Errors: InvalidArgument.
Result<VersionNumber> versionToEncrypt(const KeySettings& settings, std::int64_t asked)
{
    if (asked == 0) return settings.latest;
    if (asked < 0) return callerFault("requested version for encryption is negative");
    if (asked > settings.latest) return callerFault("requested version for encryption is higher than the latest key version");
    if (asked < settings.minEncryption) return callerFault("requested version for encryption is less than the minimum encryption key version");
    return static_cast<VersionNumber>(asked);
}

/// The version that a ciphertext names. Errors: InvalidArgument.
Result<VersionNumber> versionToDecrypt(const KeySettings& settings, const VersionedText& text)
{
    using Fault = VersionedText::Fault;
    if (text.fault == Fault::NoPrefix) return callerFault("invalid ciphertext: no prefix");
    if (text.fault == Fault::FieldCount) return callerFault("invalid ciphertext: wrong number of fields");
    if (text.fault == Fault::Version) return callerFault("invalid ciphertext: version number could not be decoded");
    const auto version = text.version == 0 ? 1 : text.version; // the first servers counted from 0
    if (version > settings.latest) return callerFault("invalid ciphertext: version is too new");
    if (version < settings.minDecryption) return callerFault("ciphertext or signature version is disallowed by policy (too old)");
    return static_cast<VersionNumber>(version);
}

} // namespace

Result<SecretBytes> materialFor(const Key& key, const KeyVersion& version, std::string_view context, std::size_t size)
{
    if (!key.settings.isDerived) return version.secret.clone();
    if (context.empty()) {
        return callerFault("missing 'context' for key derivation; the key was created using a derived key, which means additional, per-request "
                           "information must be included in order to perform operations with the key");
    }
    return crypto::hkdfSha256(version.secret, context, size);
}

Result<Encrypted> encrypt(const Key& key, const Encryption& input, Random& random)
{
    const auto& type = key.settings.traits();
    if (!type.canEncrypt()) return callerFault("message encryption not supported for key type " + std::string{type.name});
    const auto number = versionToEncrypt(key.settings, input.version);
    if (!number) return number.error();
    const auto* version = key.version(*number);
    if (!version) return noSuchVersion();
    auto sealed = type.aead ? encryptSymmetric(key, *version, input, random) : encryptRsa(key, *version, input.plaintext);
    if (!sealed) return std::move(sealed).error();
    return Encrypted{.ciphertext = versionedText(*number, toBase64(*sealed)), .version = *number};
}

Result<SecretBytes> decrypt(const Key& key, const Decryption& input)
{
    const auto& type = key.settings.traits();
    if (!type.canEncrypt()) return callerFault("message decryption not supported for key type " + std::string{type.name});
    const auto text = VersionedText::parse(input.ciphertext);
    const auto number = versionToDecrypt(key.settings, text);
    if (!number) return number.error();
    const auto sealed = decodeGoBase64(text.payload);
    if (!sealed) return callerFault("invalid ciphertext: could not decode base64");
    const auto* version = key.version(*number);
    if (!version) return noSuchVersion();
    return type.aead ? decryptSymmetric(key, *version, input, *sealed) : decryptRsa(key, *version, *sealed);
}

} // namespace core::transit
