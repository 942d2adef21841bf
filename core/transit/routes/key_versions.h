#pragma once

#include "core/transit/key/key.h"

#include <vector>

namespace core::transit {

/// The versions that an export names: `text` is a number, "latest", or empty for all from the minimum decryption version on. They live as long as
/// the key. Errors: InvalidArgument, with the API's text.
Result<std::vector<const KeyVersion*>> versionsToExport(const Key& key, std::string_view text);

} // namespace core::transit
