#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace core::crypto {

/// The raw digest by an algorithm of the API: sha2-224, sha2-256, sha2-384, sha2-512, and the same with sha3. Empty for other names.
std::optional<std::string> namedDigest(std::string_view algorithm, std::string_view bytes);

} // namespace core::crypto
