#pragma once

#include "core/base/secret_bytes.h"

#include <cstddef>
#include <string_view>

namespace core::crypto {

/// HKDF-SHA-256 (RFC 5869) without a salt. `size` is at most 255 * 32. Thread-safe.
SecretBytes hkdfSha256(const SecretBytes& key, std::string_view info, std::size_t size);

} // namespace core::crypto
