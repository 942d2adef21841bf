#pragma once

#include "core/transit/key/key.h"

namespace core::transit {

/// How large the text of a backup can be.
inline constexpr std::size_t kBackupBytesMax = 16u << 20;

/// The JSON of a backup as Vault and OpenBao write it, with all secrets in clear (README.md). Errors: Corrupt.
Result<SecretBytes> encodeBackup(const Key& key);

/// The key in such a JSON text. All material is checked. Errors: InvalidArgument; the detail is for the client.
Result<Key> decodeBackup(std::string_view text);

} // namespace core::transit
