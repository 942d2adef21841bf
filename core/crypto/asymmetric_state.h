#pragma once

// Only for the sources of this module: what an AsymmetricKey holds.

#include "core/crypto/asymmetric_key.h"
#include "core/crypto/openssl_handles.h"

namespace core::crypto {

struct AsymmetricKey::State {
    PkeyHandle key;
    AsymmetricAlgorithm algorithm = AsymmetricAlgorithm::EcdsaP256;
    bool hasPrivateHalf = false;
};

/// "P-256", for OpenSSL.
const char* curveOf(AsymmetricAlgorithm algorithm);
/// Recognises the algorithm; a private half is tried with one signature. Errors: InvalidArgument.
Result<AsymmetricKey> asymmetricKeyOf(PkeyHandle key, bool hasPrivateHalf);

} // namespace core::crypto
