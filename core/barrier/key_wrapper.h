#pragma once

#include "core/base/result.h"
#include "core/base/secret_bytes.h"

#include <string>
#include <string_view>

namespace core::barrier {

/// What makes a seal automatic: something outside, such as an HSM, that wraps the root key and opens it again without people.
/// Thread-safe; both calls block as long as the outside takes.
class KeyWrapper {
public:
    virtual ~KeyWrapper() = default;

    /// The seal's type as the API names it: "pkcs11".
    virtual std::string_view type() const = 0;
    /// `name` is bound to the result: what was wrapped as one thing does not open as another.
    /// Errors: Unavailable, NotFound (its key), PermissionDenied (our credentials: trying again may lock them), FailedPrecondition.
    virtual Result<std::string> wrap(std::string_view name, const SecretBytes& key) = 0;
    /// Errors: as wrap(); Corrupt.
    virtual Result<SecretBytes> unwrap(std::string_view name, std::string_view wrapped) = 0;
};

} // namespace core::barrier
