#include "core/server/wiping_delete.h"

#include "core/base/secret_bytes.h"

#include <cstdlib>
#include <malloc.h>
#include <new>

// Sanitizers bring allocation functions of their own, which check that both ends belong together.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HOLDFAST_WIPES_FREED_MEMORY 0
#else
#define HOLDFAST_WIPES_FREED_MEMORY 1
#endif

namespace core::server {

bool wipesFreedMemory()
{
    return HOLDFAST_WIPES_FREED_MEMORY != 0;
}

} // namespace core::server

#if HOLDFAST_WIPES_FREED_MEMORY

// The C++ library's operator new takes memory from malloc(), so free() is its counterpart.
namespace {

void wipeAndFree(void* block) noexcept
{
    if (block == nullptr) return;
    core::wipe(block, ::malloc_usable_size(block));
    std::free(block);
}

} // namespace

void operator delete(void* block) noexcept { wipeAndFree(block); }
void operator delete[](void* block) noexcept { wipeAndFree(block); }
void operator delete(void* block, std::size_t) noexcept { wipeAndFree(block); }
void operator delete[](void* block, std::size_t) noexcept { wipeAndFree(block); }
void operator delete(void* block, std::align_val_t) noexcept { wipeAndFree(block); }
void operator delete[](void* block, std::align_val_t) noexcept { wipeAndFree(block); }
void operator delete(void* block, std::size_t, std::align_val_t) noexcept { wipeAndFree(block); }
void operator delete[](void* block, std::size_t, std::align_val_t) noexcept { wipeAndFree(block); }

#endif
