#pragma once

#include "core/trust/signing_key.h"

#include <string>

namespace core::token {

/// What is sealed into a batch token: the entry as encodeToken() makes it, the public half of T and its signature.
std::string withSignature(std::string entry, const trust::SigningKey& key);

} // namespace core::token
