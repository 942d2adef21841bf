#pragma once

#include "core/base/executor.h"

#include <ucontext.h>

#include <memory>

namespace sim {

/// A piece of work with a stack of its own, in the one thread: an operator's call that waits for the network, say, while
/// the world goes on. Whoever made it resumes it; it yields back.
class Fiber {
public:
    explicit Fiber(core::Task body);
    ~Fiber(); // only once it is done
    Fiber(const Fiber&) = delete;
    Fiber& operator=(const Fiber&) = delete;

    /// Runs the body until it yields or ends.
    void resume();
    bool isDone() const { return m_isDone; }

    /// The one that runs now; null outside of all.
    static Fiber* current();
    /// Back to whoever resumed this one.
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
