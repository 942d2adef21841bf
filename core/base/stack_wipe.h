#pragma once

namespace core {

/// Overwrites the stack below the caller's frame, where functions that have just returned can have left a secret. Boost.JSON decodes strings there,
/// in an array of 4 KiB. Call it right after such a function, from the function that called it.
void wipeStack() noexcept;

} // namespace core
