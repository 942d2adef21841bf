#pragma once

#include "core/base/random.h"
#include "core/transit/key/key.h"

#include <optional>

namespace core::transit {

struct Encryption {
    std::int64_t version = 0; // 0: the latest
    std::string_view context; // of derived keys
    std::optional<std::string_view> additional;
    std::string_view plaintext;
};

/// `ciphertext` is in the form of versionedText().
struct Encrypted {
    std::string ciphertext;
    VersionNumber version = 0;
};

/// Errors of both: InvalidArgument (the caller's fault, with the API's text), Internal (with the text of a status 500), Corrupt.
Result<Encrypted> encrypt(const Key& key, const Encryption& input, Random& random);

struct Decryption {
    std::string_view context;
    std::optional<std::string_view> additional;
    std::string_view ciphertext;
};
Result<SecretBytes> decrypt(const Key& key, const Decryption& input);

/// `size` bytes of key material: for a derived key those of the context, else the whole key. Errors: InvalidArgument (no context).
Result<SecretBytes> materialFor(const Key& key, const KeyVersion& version, std::string_view context, std::size_t size);

} // namespace core::transit
