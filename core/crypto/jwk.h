#pragma once

#include "core/crypto/asymmetric_key.h"

#include <string>
#include <utility>
#include <vector>

namespace core::crypto {

/// The members of a JSON web key that say the type and the numbers of the public half, in the order of the names: `crv`, `kty`, `x`, … for a curve,
/// `e`, `kty`, `n` for RSA (RFC 7517, RFC 7518 §6, RFC 8037). All values are text.
std::vector<std::pair<std::string, std::string>> publicJwk(const AsymmetricKey& key);

} // namespace core::crypto
