#include "core/transit/operation/signing.h"

#include "core/base/encoding.h"
#include "core/base/go_text.h"
#include "core/transit/operation/encryption.h"
#include "core/transit/operation/versioned_text.h"

#include <optional>

namespace core::transit {
namespace {

using crypto::AsymmetricKey;
using crypto::SignatureScheme;
using Marshaling = SigningOptions::Marshaling;

/// The key pair that signs: that of the version, or the one that is derived for the context.
class Signer {
public:
    static Result<Signer> of(const Key& key, const KeyVersion& version, std::string_view context)
    {
        Signer signer;
        if (!key.settings.isDerived) {
            const auto pair = version.asymmetric(key.settings.traits());
            if (!pair) return pair.error();
            signer.m_pair = *pair;
            return signer;
        }
        auto seed = materialFor(key, version, context, 32);
        if (!seed) return serverFault("error deriving key: " + seed.error().detail);
        signer.m_derived = AsymmetricKey::ed25519FromSeed(seed->view());
        return signer;
    }
    const AsymmetricKey& pair() const { return m_derived ? *m_derived : *m_pair; }
    std::string derivedPublicKey() const { return m_derived ? m_derived->ed25519Public() : std::string{}; }

private:
    const AsymmetricKey* m_pair = nullptr; // of the version
    std::optional<AsymmetricKey> m_derived;
};

/// What the key signs: the digest, except for Ed25519.
std::string digestOf(const KeyTypeTraits& type, const SigningOptions& options, std::string_view input)
{
    if (type.type == KeyType::Ed25519 || options.isPrehashed) return std::string{input};
    return crypto::digestBy(options.scheme.hash, input);
}

/// Refuses a padding that does not exist, and a salt that does not fit into the key.
Result<> checkRsa(const KeyTypeTraits& type, const SigningOptions& options)
{
    if (!type.isRsa()) return {};
    if (options.rsaAlgorithm == "pkcs1v15") return {};
    if (options.rsaAlgorithm != "pss") return serverFault("unsupported rsa signature algorithm " + options.rsaAlgorithm);
    const int keyBytes = type.type == KeyType::Rsa2048 ? 256 : type.type == KeyType::Rsa3072 ? 384 : 512;
    const int saltMax = keyBytes - 2 - static_cast<int>(crypto::digestBytesOf(options.scheme.hash));
    if (options.scheme.saltBytes <= saltMax) return {};
    return callerFault("requested salt length " + std::to_string(options.scheme.saltBytes) + " is invalid");
}

/// The version to sign with. The API answers 500 to its refusals, except in batches.
Result<VersionNumber> versionToSign(const KeySettings& settings, std::int64_t asked)
{
    if (asked == 0) return settings.latest;
    if (asked < 0) return serverFault("requested version for signing is negative");
    if (asked > settings.latest) return serverFault("requested version for signing is higher than the latest key version");
    if (asked < settings.minEncryption) return serverFault("requested version for signing is less than the minimum encryption key version");
    return static_cast<VersionNumber>(asked);
}

Result<VersionNumber> versionToVerify(const KeySettings& settings, const VersionedText& text)
{
    using Fault = VersionedText::Fault;
    if (text.fault == Fault::NoPrefix) return callerFault("invalid signature: no prefix");
    if (text.fault == Fault::FieldCount) return callerFault("invalid signature: wrong number of fields");
    if (text.fault == Fault::Version) return callerFault("invalid signature: version number could not be decoded");
    if (text.version > settings.latest) return callerFault("invalid signature: version is too new");
    if (text.version < settings.minDecryption) return callerFault("ciphertext or signature version is disallowed by policy (too old)");
    return static_cast<VersionNumber>(text.version);
}

Result<std::string> decodeSignature(Marshaling marshaling, std::string_view text)
{
    auto decoded = marshaling == Marshaling::Asn1             ? decodeGoBase64(text)
                   : text.find('=') == std::string_view::npos ? fromBase64Url(text)
                                                              : Result<std::string>{callerFault({})};
    if (!decoded) return callerFault("invalid base64 signature value");
    return decoded;
}

/// The signature of an ECDSA key in DER. Errors: InvalidArgument. Empty: it cannot be right.
Result<std::string> ecdsaDer(Marshaling marshaling, std::string signature)
{
    if (marshaling == Marshaling::Jws) return crypto::ecdsaFromFixed(signature);
    switch (crypto::ecdsaFormOf(signature)) {
    case crypto::EcdsaForm::NotDer: return callerFault("supplied signature is invalid");
    case crypto::EcdsaForm::ExtraBytes: return callerFault("supplied signature contains extra data");
    case crypto::EcdsaForm::Right: break;
    }
    return signature;
}

Error noSuchVersion()
{
    return serverFault("no such key version found");
}

} // namespace

Result<Signature> sign(const Key& key, const SigningOptions& options, std::int64_t asked, std::string_view context, std::string_view input)
{
    const auto& type = key.settings.traits();
    const auto number = versionToSign(key.settings, asked);
    if (!number) return number.error();
    const auto* version = key.version(*number);
    if (!version) return noSuchVersion();
    if (!version->hasPrivateHalf()) return serverFault("requested version for signing does not contain a private part");
    if (auto checked = checkRsa(type, options); !checked) return serverFault(std::move(checked).error().detail);
    auto signer = Signer::of(key, *version, context);
    if (!signer) return std::move(signer).error();
    auto signature = signer->pair().sign(options.scheme, digestOf(type, options, input));
    if (!signature) return serverFault("the input cannot be signed: it must be a digest of the hash algorithm, and fit into the key");
    if (options.marshaling == Marshaling::Jws && type.isEcdsa()) signature = crypto::ecdsaToFixed(*type.asymmetric, *signature);
    const auto encoded = options.marshaling == Marshaling::Jws ? toBase64Url(*signature) : toBase64(*signature);
    return Signature{.text = versionedText(*number, encoded), .version = *number, .derivedPublicKey = signer->derivedPublicKey()};
}

Result<bool> isSignatureOf(const Key& key, const SigningOptions& options, std::string_view context, std::string_view input,
                           std::string_view signature)
{
    const auto& type = key.settings.traits();
    const auto text = VersionedText::parse(signature);
    const auto number = versionToVerify(key.settings, text);
    if (!number) return number.error();
    auto bytes = decodeSignature(options.marshaling, text.payload);
    if (!bytes) return std::move(bytes).error();
    if (type.isEcdsa()) bytes = ecdsaDer(options.marshaling, std::move(*bytes));
    if (!bytes) return std::move(bytes).error();
    if (auto checked = checkRsa(type, options); !checked) return std::move(checked).error();
    const auto* version = key.version(*number);
    if (!version) return noSuchVersion();
    auto signer = Signer::of(key, *version, context);
    if (!signer) return std::move(signer).error();
    return signer->pair().isSignedBy(options.scheme, digestOf(type, options, input), *bytes);
}

} // namespace core::transit
