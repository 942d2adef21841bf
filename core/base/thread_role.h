#pragma once

#include "core/base/assert.h"
#include "core/base/mutex.h"

#include <atomic>
#include <thread>

namespace core {

/// Ownership of state by one thread, as a capability. State that is CORE_GUARDED_BY a role can be used only where assertHeld() has been called: clang
/// refuses other code, and the process ends if another thread calls. Until a thread takes the role, the thread that made the object has it.
class CORE_CAPABILITY("thread") ThreadRole {
public:
    ThreadRole() : m_owner{std::this_thread::get_id()} {}
    ThreadRole(const ThreadRole&) = delete;
    ThreadRole& operator=(const ThreadRole&) = delete;

    /// The calling thread has the role from now on. The thread that had it must not use the state any more.
    void take() { m_owner = std::this_thread::get_id(); }
    bool isHeld() const { return m_owner.load() == std::this_thread::get_id(); }
    void assertHeld() const CORE_ASSERT_CAPABILITY(this) { CORE_ASSERT(isHeld()); }

private:
    std::atomic<std::thread::id> m_owner;
};

} // namespace core
