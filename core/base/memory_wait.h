#pragma once

#include <chrono>
#include <cstddef>

namespace core {

/// While one exists, operator new on this thread waits for memory instead of throwing std::bad_alloc, for at most the given time.
///
/// Requests throw: they are refused, which gives their memory back. The threads of the store must not, because a commit that fails
/// between the log and the engine, or a compaction of LevelDB that never ends, harms everybody. Such a thread first gets the reserve that
/// was kept aside, then waits for what refused requests give back. Nests; belongs to its thread. Needs installMemoryReserve().
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

/// Sets the process's new-handler and keeps address space aside, untouched. Call once, before threads start.
void installMemoryReserve();
/// Keeps the reserve aside again once it was used and memory is there; cheap, for a timer.
void refillMemoryReserve() noexcept;
/// Whether this much more memory could be had now, or within the time. Takes none.
bool waitForMemory(std::size_t bytes, std::chrono::milliseconds atMost) noexcept;
/// Hands unused memory of the heap back to the system.
void giveMemoryBack() noexcept;

} // namespace core
