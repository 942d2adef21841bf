#pragma once

#include "core/base/result.h"
#include "core/base/secret_bytes.h"

#include <string>
#include <string_view>

namespace core::crypto {

/// AES-256 key wrap with padding (RFC 5649), which is how keys travel under another key. `wrappingKey` has 32 bytes. Thread-safe.
std::string wrapKey(const SecretBytes& wrappingKey, const SecretBytes& key);
/// Errors: Corrupt (another wrapping key, or not a wrapped key).
Result<SecretBytes> unwrapKey(const SecretBytes& wrappingKey, std::string_view wrapped);

} // namespace core::crypto
