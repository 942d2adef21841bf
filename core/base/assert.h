#pragma once

namespace core {

/// Ends the process after printing where and what; for broken invariants only, in release builds too.
[[noreturn]] void assertFailed(const char* expression, const char* file, int line) noexcept;

} // namespace core

#define CORE_ASSERT(expression) ((expression) ? static_cast<void>(0) : ::core::assertFailed(#expression, __FILE__, __LINE__))
