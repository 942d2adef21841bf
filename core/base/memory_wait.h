#pragma once

#include <chrono>
#include <cstddef>

namespace core {

/// While one of these exists, operator new on this thread waits for memory, at most the given time, before it throws std::bad_alloc.
///
/// Threads that run requests throw: a refused request gives its memory back. The store's threads must not throw. A commit that fails between log and
/// engine, or a LevelDB compaction that never ends, would harm everybody. Such a thread first gets a reserve, and then waits for memory that refused
/// requests give back. It can be nested and belongs to its thread. Needs installMemoryReserve().
class MemoryWait {
public:
    static constexpr std::chrono::milliseconds kForever{std::chrono::milliseconds::max()};

    explicit MemoryWait(std::chrono::milliseconds atMost = kForever) noexcept;
    ~MemoryWait();
    MemoryWait(const MemoryWait&) = delete;
    MemoryWait& operator=(const MemoryWait&) = delete;

private:
    const std::chrono::milliseconds m_before;
};

/// Sets the process's new-handler and reserves address space, which stays untouched. Call it once, before threads start.
void installMemoryReserve();
/// Sets up the reserve again after it was used, when there is memory. Cheap; for a timer.
void refillMemoryReserve() noexcept;
/// True if this much more memory is available now, or within the time. Allocates nothing.
bool waitForMemory(std::size_t bytes, std::chrono::milliseconds atMost) noexcept;
/// Returns unused memory of the heap to the system.
void giveMemoryBack() noexcept;

} // namespace core
