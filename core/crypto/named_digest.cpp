#include "core/crypto/named_digest.h"

#include "core/base/assert.h"

#include <openssl/evp.h>

#include <array>
#include <utility>

namespace core::crypto {

std::optional<std::string> namedDigest(std::string_view algorithm, std::string_view bytes)
{
    static constexpr std::array<std::pair<std::string_view, const char*>, 8> kNames{{
        {"sha2-224", "SHA2-224"},
        {"sha2-256", "SHA2-256"},
        {"sha2-384", "SHA2-384"},
        {"sha2-512", "SHA2-512"},
        {"sha3-224", "SHA3-224"},
        {"sha3-256", "SHA3-256"},
        {"sha3-384", "SHA3-384"},
        {"sha3-512", "SHA3-512"},
    }};
    for (const auto& [name, openSslName] : kNames) {
        if (name != algorithm) continue;
        std::string digest(EVP_MAX_MD_SIZE, '\0');
        std::size_t size = 0;
        CORE_ASSERT(EVP_Q_digest(nullptr, openSslName, nullptr, bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(digest.data()), &size) ==
                    1);
        digest.resize(size);
        return digest;
    }
    return std::nullopt;
}

} // namespace core::crypto
