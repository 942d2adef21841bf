#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>

namespace core::server {

/// What this process does, as text for a person who looks for the reason of load. Reads `proc`, which is /proc/self except in tests.

/// Each thread with its number, name, state and CPU time.
std::string threadsText(const std::filesystem::path& proc = "/proc/self");
/// The figures of the allocator.
std::string heapText();
/// Looks at the threads a hundred times in each second of `time`: which ones ran, and how much CPU each used. `pause` waits between two looks, and answers
/// false to end early. Blocking.
std::string profileText(std::chrono::seconds time, const std::function<bool(std::chrono::milliseconds)>& pause,
                        const std::filesystem::path& proc = "/proc/self");

} // namespace core::server
