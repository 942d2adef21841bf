#pragma once

#include "core/crypto/asymmetric_key.h"

namespace core::crypto {

/// The numbers of a key in decimal digits, as backups of the API carry them. Private ones are empty in a public key.
struct EcNumbers {
    std::string x;
    std::string y;
    SecretBytes d;
};

struct RsaNumbers {
    std::string n;
    std::string e;
    SecretBytes d;
    SecretBytes p;
    SecretBytes q;
    SecretBytes dp;
    SecretBytes dq;
    SecretBytes qInverse;
};

/// For a key on a curve.
EcNumbers ecNumbersOf(const AsymmetricKey& key);
RsaNumbers rsaNumbersOf(const AsymmetricKey& key);

/// The public half is computed from `d` if there is one. Errors: InvalidArgument (no number, not a point of the curve).
Result<AsymmetricKey> keyOf(AsymmetricAlgorithm algorithm, const EcNumbers& numbers);
/// Without `d` a public key. Of a private key the last three numbers are computed. Errors: InvalidArgument (no numbers of one key, another size).
Result<AsymmetricKey> keyOf(AsymmetricAlgorithm algorithm, const RsaNumbers& numbers);

} // namespace core::crypto
