#pragma once

#include "core/base/random.h"
#include "core/base/result.h"
#include "core/base/secret_bytes.h"

#include <span>
#include <vector>

namespace core::crypto {

/// Shamir's secret sharing over GF(2^8) with the polynomial of AES, in Vault's format. A share is one byte of y for each byte of the secret, then its
/// x. Shares of one program can be combined by the other.
///
/// The time does not depend on the secret. Errors: InvalidArgument with Vault's texts (`parts cannot be less than threshold`, `parts cannot exceed
/// 255`, `threshold must be at least 2`, `cannot split an empty secret`).
Result<std::vector<SecretBytes>> splitSecret(const SecretBytes& secret, std::size_t shares, std::size_t threshold, Random& random);

/// The secret that the shares determine. Too few shares, or shares of different secrets, give a wrong secret, so the caller must verify it. Errors:
/// InvalidArgument with Vault's texts (`less than two parts cannot be used to reconstruct the secret`, `parts must be at least two bytes`, `all parts
/// must be the same length`, `duplicate part detected`).
Result<SecretBytes> combineShares(std::span<const SecretBytes> shares);

} // namespace core::crypto
