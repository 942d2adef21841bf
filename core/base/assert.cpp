#include "core/base/assert.h"

#include <cstdio>
#include <cstdlib>

namespace core {

void assertFailed(const char* expression, const char* file, int line) noexcept
{
    std::fprintf(stderr, "holdfast: broken invariant: %s (%s:%d)\n", expression, file, line);
    std::abort();
}

} // namespace core
