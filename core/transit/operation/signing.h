#pragma once

#include "core/transit/key/key.h"

namespace core::transit {

/// How clients ask for a signature.
struct SigningOptions {
    enum class Marshaling { Asn1, Jws }; // Jws: r ‖ s for ECDSA, and base64 for URLs

    crypto::SignatureScheme scheme;
    bool isPrehashed = false;
    Marshaling marshaling = Marshaling::Asn1;
    std::string rsaAlgorithm; // "pss", "pkcs1v15" or something that does not exist
};

struct Signature {
    std::string text; // in the form of versionedText()
    VersionNumber version = 0;
    std::string derivedPublicKey; // 32 bytes, of a derived Ed25519 key
};

/// `version` 0: the latest. Errors of both: InvalidArgument (the caller's fault), Internal (with the text of a status 500), Corrupt.
Result<Signature> sign(const Key& key, const SigningOptions& options, std::int64_t version, std::string_view context, std::string_view input);
Result<bool> isSignatureOf(const Key& key, const SigningOptions& options, std::string_view context, std::string_view input,
                           std::string_view signature);

} // namespace core::transit
