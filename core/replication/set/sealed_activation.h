#pragma once

#include "core/base/random.h"
#include "core/crypto/agreement.h"
#include "core/replication/set/activation.h"

#include <string>
#include <string_view>

namespace core::replication {

/// Reads a secondary's public key from its text form. Errors: InvalidArgument.
Result<std::string> publicKeyFromText(std::string_view text);
std::string publicKeyToText(std::string_view publicKey);

/// Whether the token has the form of sealActivation(). This proves nothing. A wrapping token is a JWT and has another form.
bool isSealedActivation(std::string_view token);

/// The bundle as one base64 text. Only its client key is encrypted, to `secondaryPublicKey`. The other fields are readable, and a change of them
/// makes opening fail. Opening needs no call to the primary. Errors: InvalidArgument (not a public key).
Result<std::string> sealActivation(const ActivationBundle& bundle, std::string_view secondaryPublicKey, Random& random);

/// Errors: InvalidArgument (not such a text, changed in transit, made for another public key).
Result<ActivationBundle> openActivation(std::string_view token, const crypto::AgreementKey& own, WallTime now);

} // namespace core::replication
