// SHA-256 by OpenSSL's block functions and not by EVP. The state is then a plain struct. It is copied for every HMAC instead of allocated, needs no
// lock, and takes half the time on short input.
#define OPENSSL_SUPPRESS_DEPRECATED

#include "core/crypto/digest.h"

#include "core/base/assert.h"
#include "core/base/encoding.h"
#include "core/base/secret_bytes.h"

#include <openssl/sha.h>

namespace core::crypto {
namespace {

SHA256_CTX* contextOf(unsigned char* state)
{
    return reinterpret_cast<SHA256_CTX*>(state);
}

} // namespace

Sha256::Sha256()
{
    static_assert(sizeof(SHA256_CTX) == kStateBytes && alignof(SHA256_CTX) <= 8);
    CORE_ASSERT(SHA256_Init(contextOf(m_state.data())) == 1);
}

Sha256::~Sha256()
{
    core::wipe(m_state.data(), m_state.size());
}

void Sha256::update(std::string_view bytes)
{
    CORE_ASSERT(SHA256_Update(contextOf(m_state.data()), bytes.data(), bytes.size()) == 1);
}

Digest Sha256::finish()
{
    Digest out;
    CORE_ASSERT(SHA256_Final(out.data(), contextOf(m_state.data())) == 1);
    return out;
}

Digest sha256(std::string_view bytes)
{
    Sha256 hash;
    hash.update(bytes);
    return hash.finish();
}

std::string sha256Bytes(std::string_view bytes)
{
    return std::string{viewOf(sha256(bytes))};
}
std::string sha256Hex(std::string_view bytes)
{
    return toHex(viewOf(sha256(bytes)));
}

} // namespace core::crypto
