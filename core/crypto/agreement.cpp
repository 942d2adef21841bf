#include "core/crypto/agreement.h"

#include "core/base/assert.h"
#include "core/crypto/hmac.h"
#include "core/crypto/openssl_handles.h"

#include <algorithm>

namespace core::crypto {
namespace {

PkeyHandle privateHandle(const SecretBytes& key)
{
    return PkeyHandle{EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, nullptr, key.data(), key.size())};
}

std::string publicKeyOf(EVP_PKEY* key)
{
    std::string bytes(kAgreementKeyBytes, '\0');
    std::size_t size = bytes.size();
    CORE_ASSERT(EVP_PKEY_get_raw_public_key(key, reinterpret_cast<unsigned char*>(bytes.data()), &size) == 1);
    return bytes;
}

} // namespace

AgreementKey AgreementKey::generate()
{
    const PkeyHandle key{EVP_PKEY_Q_keygen(nullptr, nullptr, "X25519")};
    CORE_ASSERT(key != nullptr);
    AgreementKey made;
    made.publicKey = publicKeyOf(key.get());
    made.privateKey = SecretBytes{kAgreementKeyBytes};
    std::size_t size = made.privateKey.size();
    CORE_ASSERT(EVP_PKEY_get_raw_private_key(key.get(), made.privateKey.data(), &size) == 1);
    return made;
}

Result<AgreementKey> AgreementKey::fromPrivate(const SecretBytes& privateKey)
{
    if (privateKey.size() != kAgreementKeyBytes) return Error{ErrorCode::InvalidArgument, "not a private key"};
    const auto key = privateHandle(privateKey);
    CORE_ASSERT(key != nullptr);
    return AgreementKey{publicKeyOf(key.get()), privateKey.clone()};
}

Result<SecretBytes> agreeOnKey(const AgreementKey& own, std::string_view peerPublicKey, std::string_view purpose)
{
    const Error invalid{ErrorCode::InvalidArgument, "not a public key of this kind"};
    if (peerPublicKey.size() != kAgreementKeyBytes) return invalid;
    const auto key = privateHandle(own.privateKey);
    const PkeyHandle peer{
        EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, nullptr, reinterpret_cast<const unsigned char*>(peerPublicKey.data()), peerPublicKey.size())};
    const PkeyContextHandle context{EVP_PKEY_CTX_new(key.get(), nullptr)};
    CORE_ASSERT(key && context);
    SecretBytes shared{kAgreementKeyBytes};
    std::size_t size = shared.size();
    // The last step refuses public keys of small order.
    if (!peer || EVP_PKEY_derive_init(context.get()) != 1 || EVP_PKEY_derive_set_peer(context.get(), peer.get()) != 1 ||
        EVP_PKEY_derive(context.get(), shared.data(), &size) != 1 || size != shared.size()) {
        [[maybe_unused]] const auto emptied = opensslError(ErrorCode::InvalidArgument, "key agreement");
        return invalid;
    }
    Digest extracted = HmacKey{std::string_view{"holdfast key agreement"}}.mac(shared.view());
    const SecretBytes pseudoRandom = SecretBytes::copyOf(viewOf(extracted));
    wipe(extracted.data(), extracted.size());
    const auto [first, second] = std::minmax({std::string_view{own.publicKey}, peerPublicKey}); // a list: gives values, not references
    Digest expanded = HmacKey{pseudoRandom}.mac({first, second, purpose, std::string_view{"\x01", 1}});
    SecretBytes agreed = SecretBytes::copyOf(viewOf(expanded));
    wipe(expanded.data(), expanded.size());
    return agreed;
}

} // namespace core::crypto
