#pragma once

#include "core/base/random.h"
#include "core/base/result.h"

#include <string>
#include <string_view>

namespace core::auth {

inline constexpr std::size_t kBcryptPasswordBytesMax = 72;

/// Why a password cannot be hashed, in words for its owner; empty when it can.
std::string bcryptRefusal(std::string_view password);

/// A bcrypt hash ("$2b$", cost 10) with a new salt. Takes tens of milliseconds. Errors: InvalidArgument (too long, or with
/// a zero byte), Internal.
Result<std::string> hashPassword(std::string_view password, Random& random);

/// True if the password matches the hash. An invalid hash takes the same time, so that the time does not
/// show whether there was one.
bool isPasswordOf(std::string_view password, std::string_view hash);

/// Whether the text has the form of a bcrypt hash.
bool isBcryptHash(std::string_view text);

} // namespace core::auth
