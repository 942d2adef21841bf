#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

namespace core {

/// A move-only callable without parameters and result, which executors run. (std::function needs captures that can be copied.)
class Task {
public:
    Task() = default;
    template<class Callable>
    requires(!std::is_same_v<std::remove_cvref_t<Callable>, Task>) Task(Callable&& callable)
        : m_body{std::make_unique<Body<std::remove_cvref_t<Callable>>>(std::forward<Callable>(callable))}
    {}
    void operator()() { m_body->run(); }
    explicit operator bool() const { return m_body != nullptr; }

private:
    struct Base {
        virtual ~Base() = default;
        virtual void run() = 0;
    };
    template<class Callable>
    struct Body final : Base {
        template<class C>
        explicit Body(C&& c) : callable{std::forward<C>(c)}
        {}
        void run() override { callable(); }
        Callable callable;
    };
    std::unique_ptr<Base> m_body;
};

/// Runs completions: an I/O thread, a worker pool, or a test's own queue. post() is thread-safe and never runs the task on the calling thread. After
/// the executor has stopped, it drops tasks.
class Executor {
public:
    virtual ~Executor() = default;
    virtual void post(Task task) = 0;
};

/// Runs posted tasks in order when it is told to. For tests and the simulator. Not thread-safe.
class ManualExecutor final : public Executor {
public:
    void post(Task task) override { m_tasks.push_back(std::move(task)); }
    /// Runs tasks until none is left, and returns how many ran.
    std::size_t runAll()
    {
        std::size_t count = 0;
        while (!m_tasks.empty()) {
            Task task = std::move(m_tasks.front());
            m_tasks.pop_front();
            task();
            ++count;
        }
        return count;
    }

private:
    std::deque<Task> m_tasks;
};

} // namespace core
