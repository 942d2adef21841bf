#pragma once

#include "core/base/executor.h"

#include <ucontext.h>

#include <memory>

namespace sim {

/// A piece of work with a stack of its own, in the one thread. For example, an operator's call that waits for the network while the world
/// continues. The code that made it resumes it, and it yields back to that code.
class Fiber {
public:
    explicit Fiber(core::Task body);
    ~Fiber(); // only after it has ended
    Fiber(const Fiber&) = delete;
    Fiber& operator=(const Fiber&) = delete;

    /// Runs the body until it yields or ends.
    void resume();
    bool isDone() const { return m_isDone; }

    /// The fiber that runs now; null outside of all fibers.
    static Fiber* current();
    /// Returns to the code that resumed this fiber.
    static void yield();

private:
    static void enter();

    core::Task m_body;
    std::unique_ptr<char[]> m_stack;
    ucontext_t m_own{};
    ucontext_t m_caller{};
    Fiber* m_outer = nullptr;
    bool m_isDone = false;
};

} // namespace sim
