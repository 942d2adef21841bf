#pragma once

#include "core/base/secret_bytes.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace core::crypto {

/// The hashes that clients can choose for signatures, MACs and paddings. None: the input is used as it is.
enum class HashAlgorithm { None, Sha1, Sha2_224, Sha2_256, Sha2_384, Sha2_512, Sha3_224, Sha3_256, Sha3_384, Sha3_512 };

/// "sha1", "sha2-256", "sha3-512", "none". Empty: another name.
std::optional<HashAlgorithm> hashAlgorithmOf(std::string_view name);
/// OpenSSL's name. Not for None.
const char* opensslNameOf(HashAlgorithm algorithm);
/// 0 for None.
std::size_t digestBytesOf(HashAlgorithm algorithm);

/// The digest; for None the bytes themselves.
std::string digestBy(HashAlgorithm algorithm, std::string_view bytes);
/// HMAC (RFC 2104). Not for None.
std::string hmacBy(HashAlgorithm algorithm, const SecretBytes& key, std::string_view message);

} // namespace core::crypto
