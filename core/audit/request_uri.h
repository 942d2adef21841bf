#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace core::audit {

/// Hashes one text for the audit log.
using HashText = std::function<std::string(std::string_view)>;

/// The request target with every value of its query replaced by the value's hash, for all verbs: `path?token=hmac-sha256:…`. The
/// hash is that of the decoded value, as in sys/audit-hash. A parameter without '=' is hashed as a whole. A query of more than
/// kHashedParametersMax parameters becomes one hash.
std::string withHashedQuery(std::string_view target, const HashText& hash);

inline constexpr std::size_t kHashedParametersMax = 64;

} // namespace core::audit
