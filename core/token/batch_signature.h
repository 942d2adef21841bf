#pragma once

#include "core/trust/signing_key.h"

#include <string>

namespace core::token {

/// What is sealed into a batch token: the entry from encodeToken(), the public half of the token key T, and T's signature.
std::string withSignature(std::string entry, const trust::SigningKey& key);

} // namespace core::token
