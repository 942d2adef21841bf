#include "core/base/thread.h"

#include "core/base/logging.h"

#include <array>
#include <chrono>
#include <exception>
#include <pthread.h>

namespace core {
namespace {

constexpr std::chrono::milliseconds kPause{20}; // so that a permanent failure does not fill the log

struct Entry {
    std::array<char, 16> name{};
    Thread::OnFailure onFailure;
    std::function<void()> body;

    void run() noexcept
    {
        ::pthread_setname_np(::pthread_self(), name.data());
        while (true) {
            try {
                return body();
            } catch (const std::exception& failure) {
                logging::failure(name.data(), "a thread caught an exception", failure.what());
            } catch (...) {
                logging::failure(name.data(), "a thread caught an exception", "of an unknown kind");
            }
            if (onFailure == Thread::OnFailure::End) return;
            std::this_thread::sleep_for(kPause);
        }
    }
};

} // namespace

Thread::Thread(std::string_view name, OnFailure onFailure, std::function<void()> body)
{
    Entry entry{.name = {}, .onFailure = onFailure, .body = std::move(body)};
    name.substr(0, entry.name.size() - 1).copy(entry.name.data(), entry.name.size() - 1);
    m_thread = std::thread{[entry = std::move(entry)]() mutable { entry.run(); }};
}

Thread& Thread::operator=(Thread&& other)
{
    join();
    m_thread = std::move(other.m_thread);
    return *this;
}

void Thread::join()
{
    if (m_thread.joinable()) m_thread.join();
}

} // namespace core
