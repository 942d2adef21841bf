#include "core/base/stack_wipe.h"

#include "core/base/secret_bytes.h"

namespace core {

// Not inlined: its array must be where the frames of the functions before it were.
[[gnu::noinline]] void wipeStack() noexcept
{
    unsigned char space[16 * 1024];
    wipe(space, sizeof space);
}

} // namespace core
