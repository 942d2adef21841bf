#pragma once

namespace core {

/// Prints the expression and its place, and ends the process. Only for broken invariants; active in release builds too.
[[noreturn]] void assertFailed(const char* expression, const char* file, int line) noexcept;

} // namespace core

#define CORE_ASSERT(expression) ((expression) ? static_cast<void>(0) : ::core::assertFailed(#expression, __FILE__, __LINE__))
