#pragma once

#include <functional>
#include <string_view>
#include <thread>

namespace core {

/// The one kind of thread in this program. Its entry lets no exception escape, because that would end the process: the failure is
/// reported without memory (logging::failure()), and a thread that serves a queue goes on with it.
class Thread {
public:
    enum class OnFailure {
        RunAgain, // for loops that serve a queue: what had failed is lost, its successors are served
        End       // for a job that is done once
    };

    Thread() = default;
    /// Starts the thread; the kernel shows the first 15 characters of the name. Throws std::system_error and std::bad_alloc where the
    /// system has no thread left: whoever starts one beside a request must expect it.
    Thread(std::string_view name, OnFailure onFailure, std::function<void()> body);
    Thread(Thread&&) = default;
    /// Joins the thread that was here before.
    Thread& operator=(Thread&& other);
    ~Thread() { join(); }

    bool joinable() const { return m_thread.joinable(); }
    /// Waits for its end. Idempotent; not from the thread itself.
    void join();

private:
    std::thread m_thread;
};

} // namespace core
