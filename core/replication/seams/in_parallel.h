#pragma once

#include "core/base/thread.h"

#include <algorithm>
#include <atomic>
#include <functional>
#include <string_view>
#include <vector>

namespace core::replication {

/// Calls work(0) to work(count - 1) on at most `threadsMax` threads, of which the caller's is one. Returns after all calls have ended.
inline void inParallel(std::string_view name, std::size_t count, std::size_t threadsMax, const std::function<void(std::size_t)>& work)
{
    std::atomic<std::size_t> next{0};
    const auto some = [&] {
        for (std::size_t at = next++; at < count; at = next++) work(at);
    };
    std::vector<Thread> threads; // joined at the end, also if an exception ends this function
    for (std::size_t at = 1; at < std::min(count, threadsMax); ++at) threads.emplace_back(name, Thread::OnFailure::End, some);
    some();
}

} // namespace core::replication
