#pragma once

#include "core/base/random.h"
#include "core/base/result.h"
#include "core/base/secret_bytes.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace core::crypto {

/// An AES key that stays in a hardware security module. It wraps and unwraps small secrets by PKCS#11.
///
/// Nothing stays open between calls. Each call initialises the library, logs in and logs out. So a module that was away and came back is found, even
/// if its slots have other numbers. The calls of the whole process run one after another and block as long as the module needs. Thread-safe.
class Pkcs11Key {
public:
    enum class Mechanism : std::uint32_t {
        AesGcm = 0x1087,    // CKM_AES_GCM; the name of the secret is additional data
        AesCbcPad = 0x1085, // CKM_AES_CBC_PAD with CKM_SHA256_HMAC by a second key, over the name and all of the wrapped secret
    };

    struct Options {
        std::string library;               // path of the module's library
        std::optional<std::uint64_t> slot; // or
        std::string tokenLabel;            // both set: both must match
        std::shared_ptr<const SecretBytes> pin;
        std::string keyLabel;
        std::string hmacKeyLabel; // for AesCbcPad
        Mechanism mechanism = Mechanism::AesGcm;
        bool makesMissingKeys = false; // when something is wrapped, never when something is unwrapped
    };

    /// `random` makes initialisation vectors and must outlive the object.
    Pkcs11Key(Options options, Random& random);
    ~Pkcs11Key();

    /// The wrapped form names the mechanism and label of the key. So it still opens after another key was configured. Errors: Unavailable (the
    /// module); PermissionDenied (the PIN is refused; another try could lock the token); NotFound (no such key); FailedPrecondition (several keys of
    /// that label).
    Result<std::string> wrap(std::string_view name, const SecretBytes& secret) const;
    /// Errors: as wrap(); Corrupt (altered, or wrapped with another key or name).
    Result<SecretBytes> unwrap(std::string_view name, std::string_view wrapped) const;

private:
    const Options m_options;
    Random& m_random;
};

} // namespace core::crypto
