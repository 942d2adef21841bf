#include "core/crypto/hash_algorithm.h"

#include "core/base/assert.h"

#include <openssl/evp.h>

#include <array>

namespace core::crypto {
namespace {

struct Named {
    HashAlgorithm algorithm;
    std::string_view name;
    const char* opensslName;
    std::size_t bytes;
};

constexpr std::array<Named, 10> kAlgorithms{{
    {HashAlgorithm::None, "none", nullptr, 0},
    {HashAlgorithm::Sha1, "sha1", "SHA1", 20},
    {HashAlgorithm::Sha2_224, "sha2-224", "SHA2-224", 28},
    {HashAlgorithm::Sha2_256, "sha2-256", "SHA2-256", 32},
    {HashAlgorithm::Sha2_384, "sha2-384", "SHA2-384", 48},
    {HashAlgorithm::Sha2_512, "sha2-512", "SHA2-512", 64},
    {HashAlgorithm::Sha3_224, "sha3-224", "SHA3-224", 28},
    {HashAlgorithm::Sha3_256, "sha3-256", "SHA3-256", 32},
    {HashAlgorithm::Sha3_384, "sha3-384", "SHA3-384", 48},
    {HashAlgorithm::Sha3_512, "sha3-512", "SHA3-512", 64},
}};

const Named& entryOf(HashAlgorithm algorithm)
{
    return kAlgorithms[static_cast<std::size_t>(algorithm)];
}

unsigned char* bytesOf(std::string& text)
{
    return reinterpret_cast<unsigned char*>(text.data());
}

} // namespace

std::optional<HashAlgorithm> hashAlgorithmOf(std::string_view name)
{
    for (const auto& entry : kAlgorithms) {
        if (entry.name == name) return entry.algorithm;
    }
    return std::nullopt;
}

const char* opensslNameOf(HashAlgorithm algorithm)
{
    CORE_ASSERT(algorithm != HashAlgorithm::None);
    return entryOf(algorithm).opensslName;
}

std::size_t digestBytesOf(HashAlgorithm algorithm)
{
    return entryOf(algorithm).bytes;
}

std::string digestBy(HashAlgorithm algorithm, std::string_view bytes)
{
    if (algorithm == HashAlgorithm::None) return std::string{bytes};
    std::string digest(digestBytesOf(algorithm), '\0');
    std::size_t size = 0;
    CORE_ASSERT(EVP_Q_digest(nullptr, opensslNameOf(algorithm), nullptr, bytes.data(), bytes.size(), bytesOf(digest), &size) == 1);
    CORE_ASSERT(size == digest.size());
    return digest;
}

std::string hmacBy(HashAlgorithm algorithm, const SecretBytes& key, std::string_view message)
{
    static const unsigned char kEmptyKey = 0; // OpenSSL takes a null pointer as "keep the key of before"
    std::string mac(digestBytesOf(algorithm), '\0');
    std::size_t size = 0;
    const auto* const made = EVP_Q_mac(nullptr, "HMAC", nullptr, opensslNameOf(algorithm), nullptr, key.empty() ? &kEmptyKey : key.data(), key.size(),
                                       reinterpret_cast<const unsigned char*>(message.data()), message.size(), bytesOf(mac), mac.size(), &size);
    CORE_ASSERT(made != nullptr && size == mac.size());
    return mac;
}

} // namespace core::crypto
