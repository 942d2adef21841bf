#pragma once

#include "core/base/result.h"

#include <map>
#include <string>
#include <string_view>

namespace core::auth::approle {

/// Reads metadata of a secret id as Vault does: a JSON object of texts, or `key=value` pairs divided by commas, plain or in base64. Pairs are folded
/// to lower case. Errors: InvalidArgument, with Vault's text.
Result<std::map<std::string, std::string>> parseKeyValues(std::string_view text);

} // namespace core::auth::approle
