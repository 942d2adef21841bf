#pragma once

#include "core/mount/request.h"
#include "core/mount/response.h"

namespace core::audit {

/// More values or more text than this count as long, because hashing them takes a good part of a millisecond.
inline constexpr std::size_t kValuesMax = 256;
inline constexpr std::size_t kTextBytesMax = 64u << 10;

/// Whether the audit log would hash many values or much text of the request's data, of the answer. Looks at kValuesMax values at most.
bool isLong(const mount::Request& request);
bool isLong(const mount::Response& response);

} // namespace core::audit
