#include "core/base/memory_wait.h"

#include <array>
#include <atomic>
#include <malloc.h>
#include <new>
#include <sys/mman.h>
#include <thread>

namespace core {
namespace {

using Milliseconds = std::chrono::milliseconds;

constexpr std::size_t kChunkBytes = 4u << 20;
constexpr std::size_t kChunkCount = 8;
constexpr Milliseconds kPause{5};

thread_local Milliseconds t_atMost{0}; // zero: this thread does not wait
thread_local Milliseconds t_waited{0}; // since the innermost MemoryWait began

std::array<std::atomic<void*>, kChunkCount> s_reserve{};
std::atomic<bool> s_isReserveUsed{false};

void* mapChunk() noexcept
{
    void* chunk = ::mmap(nullptr, kChunkBytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return chunk == MAP_FAILED ? nullptr : chunk;
}

bool releaseOneChunk() noexcept
{
    for (auto& slot : s_reserve) {
        if (void* chunk = slot.exchange(nullptr)) {
            ::munmap(chunk, kChunkBytes);
            s_isReserveUsed = true;
            return true;
        }
    }
    return false;
}

/// operator new calls this again and again, until the allocation succeeds or this throws.
void onNoMemory()
{
    if (t_atMost == Milliseconds{0}) throw std::bad_alloc{};
    if (releaseOneChunk()) return;
    if (t_waited >= t_atMost) throw std::bad_alloc{};
    std::this_thread::sleep_for(kPause);
    t_waited += kPause;
}

} // namespace

MemoryWait::MemoryWait(std::chrono::milliseconds atMost) noexcept : m_before{t_atMost}
{
    if (atMost > t_atMost) t_atMost = atMost; // a thread that must not fail can call code that waits only a second
    t_waited = Milliseconds{0};
}

MemoryWait::~MemoryWait()
{
    t_atMost = m_before;
}

void installMemoryReserve()
{
    for (auto& slot : s_reserve) {
        if (slot == nullptr) slot = mapChunk();
    }
    std::set_new_handler(&onNoMemory);
}

void refillMemoryReserve() noexcept
{
    if (!s_isReserveUsed.exchange(false)) return;
    for (auto& slot : s_reserve) {
        if (slot != nullptr) continue;
        void* chunk = mapChunk();
        void* empty = nullptr;
        if (chunk && !slot.compare_exchange_strong(empty, chunk)) ::munmap(chunk, kChunkBytes);
        if (!chunk) s_isReserveUsed = true;
    }
}

bool waitForMemory(std::size_t bytes, std::chrono::milliseconds atMost) noexcept
{
    for (Milliseconds waited{0};; waited += kPause) {
        void* probe = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (probe != MAP_FAILED) {
            ::munmap(probe, bytes);
            return true;
        }
        if (waited >= atMost) return false;
        std::this_thread::sleep_for(kPause);
    }
}

void giveMemoryBack() noexcept
{
    ::malloc_trim(0);
}

} // namespace core
