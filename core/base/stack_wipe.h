#pragma once

namespace core {

/// Overwrites the part of the stack below the caller's frame, where functions that have just returned may have left a secret. Boost.JSON
/// unescapes strings in an array of 4 KiB there. Call it right after such a function, from the same function that called it.
void wipeStack() noexcept;

} // namespace core
