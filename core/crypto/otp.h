#pragma once

#include "core/base/result.h"

#include <string>
#include <string_view>

namespace core::crypto {

/// A token, XORed with a one-time password of the same length, as base64 without padding (the answer of sys/generate-root). Errors: InvalidArgument
/// (different lengths, empty).
Result<std::string> encodeWithOtp(std::string_view token, std::string_view otp);

/// The reverse of encodeWithOtp(). Padding is accepted. Errors: InvalidArgument (no base64, different lengths).
Result<std::string> decodeWithOtp(std::string_view encoded, std::string_view otp);

} // namespace core::crypto
