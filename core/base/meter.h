#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>

namespace core {

/// How often something happened, and how long it took in all. Threads add to parts of their own, so they do not contend. Thread-safe.
class Meter {
public:
    struct Sum {
        std::uint64_t count = 0;
        std::chrono::nanoseconds time{0};
    };

    void add(std::chrono::nanoseconds time)
    {
        static std::atomic<unsigned> threads{0};
        static thread_local const unsigned index = threads++ % kPartCount;
        m_parts[index].count.fetch_add(1, std::memory_order_relaxed);
        m_parts[index].nanoseconds.fetch_add(time.count(), std::memory_order_relaxed);
    }
    Sum sum() const
    {
        Sum out;
        for (const auto& part : m_parts) {
            out.count += part.count.load(std::memory_order_relaxed);
            out.time += std::chrono::nanoseconds{part.nanoseconds.load(std::memory_order_relaxed)};
        }
        return out;
    }

private:
    static constexpr unsigned kPartCount = 8;
    struct alignas(64) Part {
        std::atomic<std::uint64_t> count{0};
        std::atomic<std::int64_t> nanoseconds{0};
    };
    std::array<Part, kPartCount> m_parts;
};

} // namespace core
