#pragma once

#include "core/base/random.h"
#include "core/crypto/agreement.h"
#include "core/replication/set/activation.h"

#include <string>
#include <string_view>

namespace core::replication {

/// The public key that a secondary shows, as text. Errors: InvalidArgument.
Result<std::string> publicKeyFromText(std::string_view text);
std::string publicKeyToText(std::string_view publicKey);

/// Whether the token has the form of sealActivation()'s; a wrapping token in its JWT form has not.
bool isSealedActivation(std::string_view token);

/// The bundle as one opaque text, which only whoever holds the private key of `secondaryPublicKey` can use: its client key is
/// sealed under a key agreed on for this bundle alone. The primary need not be called to open it.
/// Errors: InvalidArgument (not a public key).
Result<std::string> sealActivation(const ActivationBundle& bundle, std::string_view secondaryPublicKey, Random& random);

/// Errors: InvalidArgument (not such a text, changed on its way, made for another public key).
Result<ActivationBundle> openActivation(std::string_view token, const crypto::AgreementKey& own, WallTime now);

} // namespace core::replication
