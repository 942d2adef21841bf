#include "core/server/process/wiping_delete.h"

#include "core/base/sanitizer.h"
#include "core/base/secret_bytes.h"

#include <cstdlib>
#include <malloc.h>
#include <new>

namespace core::server {

bool wipesFreedMemory()
{
    return HOLDFAST_HAS_SANITIZER == 0;
}

} // namespace core::server

#if !HOLDFAST_HAS_SANITIZER

// The C++ library's operator new takes memory from malloc(), so free() is its counterpart.
namespace {

void wipeAndFree(void* block) noexcept
{
    if (block == nullptr) return;
    core::wipe(block, ::malloc_usable_size(block));
    std::free(block);
}

} // namespace

void operator delete(void* block) noexcept
{
    wipeAndFree(block);
}
void operator delete[](void* block) noexcept
{
    wipeAndFree(block);
}
void operator delete(void* block, std::size_t) noexcept
{
    wipeAndFree(block);
}
void operator delete[](void* block, std::size_t) noexcept
{
    wipeAndFree(block);
}
void operator delete(void* block, std::align_val_t) noexcept
{
    wipeAndFree(block);
}
void operator delete[](void* block, std::align_val_t) noexcept
{
    wipeAndFree(block);
}
void operator delete(void* block, std::size_t, std::align_val_t) noexcept
{
    wipeAndFree(block);
}
void operator delete[](void* block, std::size_t, std::align_val_t) noexcept
{
    wipeAndFree(block);
}

#endif
