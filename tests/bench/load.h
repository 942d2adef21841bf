#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace bench {

/// The result of a closed-loop load.
struct LoadResult {
    std::uint64_t answered = 0;
    std::uint64_t failed = 0; // answers that were not 2xx
    double seconds = 0;
    std::vector<std::uint32_t> latenciesUs; // sorted

    double perSecond() const { return seconds > 0 ? static_cast<double>(answered) / seconds : 0; }
    std::uint32_t percentileUs(double share) const;
};

/// Uses `connections` keep-alive connections to 127.0.0.1:`port` for `seconds`. Each sends its next request when its answer has
/// arrived. `request(n)` returns the bytes of the n-th request. One thread, with epoll.
LoadResult runLoad(std::uint16_t port, int connections, double seconds, const std::function<std::string(std::uint64_t)>& request);

/// CPU seconds that a process has used so far, user and system together.
double cpuSecondsOf(int pid);
/// Resident memory of a process in bytes.
std::uint64_t residentBytesOf(int pid);

/// One HTTP/1.1 request as bytes.
std::string httpRequest(const std::string& method, const std::string& path, const std::string& token, const std::string& body = {});

} // namespace bench
