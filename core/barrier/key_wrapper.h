#pragma once

#include "core/base/result.h"
#include "core/base/secret_bytes.h"

#include <string>
#include <string_view>

namespace core::barrier {

/// Something outside of the server, such as an HSM, that wraps the root key and opens it again without people. It makes a seal automatic.
/// Thread-safe. Both calls block until the outside answers.
class KeyWrapper {
public:
    virtual ~KeyWrapper() = default;

    /// The seal's type as in the API: "pkcs11".
    virtual std::string_view type() const = 0;
    /// `name` is bound to the result: a value that was wrapped under one name does not open under another. Errors: Unavailable; NotFound (the
    /// wrapping key); PermissionDenied (our credentials; another try could lock them); FailedPrecondition.
    virtual Result<std::string> wrap(std::string_view name, const SecretBytes& key) = 0;
    /// Errors: as wrap(); Corrupt.
    virtual Result<SecretBytes> unwrap(std::string_view name, std::string_view wrapped) = 0;
};

} // namespace core::barrier
