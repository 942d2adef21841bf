#pragma once

#include <functional>
#include <string_view>
#include <thread>

namespace core {

/// The only kind of thread in this program. No exception leaves it, because that would end the process. A failure is reported without allocating
/// memory (logging::failure()). A thread that serves a queue then continues with the queue.
class Thread {
public:
    enum class OnFailure {
        RunAgain, // for loops that serve a queue: the failed job is lost, the next ones run
        End       // for a job that runs once
    };

    Thread() = default;
    /// Starts the thread. The kernel shows the first 15 characters of the name. Throws std::system_error or std::bad_alloc if the system has no
    /// thread left; code that starts a thread for a request must expect this.
    Thread(std::string_view name, OnFailure onFailure, std::function<void()> body);
    Thread(Thread&&) = default;
    /// Joins the thread that this object had before.
    Thread& operator=(Thread&& other);
    ~Thread() { join(); }

    bool joinable() const { return m_thread.joinable(); }
    /// Waits until the thread ends. Idempotent. Must not be called from the thread itself.
    void join();

private:
    std::thread m_thread;
};

} // namespace core
