#pragma once

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>
#include <optional>

namespace core {

/// Wall-clock time, UTC, nanoseconds.
using WallTime = std::chrono::sys_time<std::chrono::nanoseconds>;
/// Time that never jumps. For deadlines.
using SteadyTime = std::chrono::steady_clock::time_point;

/// The time. It is handed in, so that tests and the simulator control it. Thread-safe.
class Clock {
public:
    virtual ~Clock() = default;
    virtual WallTime now() const = 0;
    virtual SteadyTime steadyNow() const = 0;
};

class SystemClock final : public Clock {
public:
    WallTime now() const override;
    SteadyTime steadyNow() const override;
};

/// A clock that changes only when it is moved. Both times move together. Not thread-safe.
class FakeClock final : public Clock {
public:
    explicit FakeClock(WallTime start = WallTime{std::chrono::seconds{1'700'000'000}}) : m_now{start} {}
    WallTime now() const override { return m_now; }
    SteadyTime steadyNow() const override { return SteadyTime{} + (m_now.time_since_epoch()); }
    void advance(std::chrono::nanoseconds by) { m_now += by; }

private:
    WallTime m_now;
};

/// RFC 3339 in UTC with up to 9 fractional digits, trailing zeros dropped: `2024-03-22T02:24:06.9453Z`.
std::string toRfc3339(WallTime time);
/// Any RFC 3339 text with `Z` or a numeric offset. Empty if it is not one.
std::optional<WallTime> fromRfc3339(std::string_view text);

inline std::int64_t toUnixSeconds(WallTime time)
{
    return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}
inline std::int64_t toUnixMs(WallTime time)
{
    return std::chrono::floor<std::chrono::milliseconds>(time).time_since_epoch().count();
}
/// `delay` after `time`, or the last possible time (in the year 2262) if that is later.
inline WallTime laterBy(WallTime time, std::chrono::nanoseconds delay)
{
    return delay > WallTime::max() - std::max(time, WallTime{}) ? WallTime::max() : time + delay;
}
inline WallTime fromUnixMs(std::int64_t ms)
{
    return WallTime{std::chrono::milliseconds{ms}};
}

} // namespace core
