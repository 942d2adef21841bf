#pragma once

#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <sys/resource.h>
#include <thread>

namespace bench {

inline double cpuSeconds()
{
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto of = [](const timeval& time) { return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6; };
    return of(usage.ru_utime) + of(usage.ru_stime);
}

/// For each thread of this process so far: seconds on a core, and seconds in which it was ready and waited for a core.
struct ThreadTime {
    double ran = 0, waited = 0;

    ThreadTime& operator+=(const ThreadTime& other)
    {
        ran += other.ran;
        waited += other.waited;
        return *this;
    }
    ThreadTime operator-(const ThreadTime& other) const { return {ran - other.ran, waited - other.waited}; }
};
inline std::map<int, ThreadTime> threadTimes()
{
    std::map<int, ThreadTime> threads;
    for (const auto& entry : std::filesystem::directory_iterator{"/proc/self/task"}) {
        std::ifstream in{entry.path() / "schedstat"};
        ThreadTime time; // nanoseconds
        if (in >> time.ran >> time.waited) threads[std::stoi(entry.path().filename())] = {time.ran / 1e9, time.waited / 1e9};
    }
    return threads;
}

/// Waits until this process is idle: compactions continue for a while after the writes that caused them.
inline void waitUntilIdle()
{
    for (int calm = 0, tries = 0; calm < 3 && tries < 200; ++tries) {
        const auto before = cpuSeconds();
        std::this_thread::sleep_for(std::chrono::milliseconds{100});
        calm = cpuSeconds() - before < 0.002 ? calm + 1 : 0;
    }
}

} // namespace bench
