#pragma once

#include "core/base/clock.h"

#include <algorithm>
#include <cstdint>

namespace core::http {

/// Whether a body comes fast enough: in each window of ten seconds at least ten kilobytes. An average over its whole time would let a
/// client send much at first and then hold it for long. Values only; the clock is the caller's.
class BodyPace {
public:
    static constexpr std::chrono::seconds kWindow{10};
    static constexpr std::uint64_t kBytesPerSecondMin = 1024;

    /// `longest`: when the body must be whole, however fast it comes.
    BodyPace(SteadyTime now, std::chrono::nanoseconds longest) : m_windowEnd{now + kWindow}, m_end{now + longest} {}

    /// When to ask isFastEnough() next.
    SteadyTime deadline() const { return std::min(m_windowEnd, m_end); }

    /// At the deadline, with the bytes that came so far: false when the body is to be cut; else the next window begins.
    bool isFastEnough(SteadyTime now, std::uint64_t bytes)
    {
        if (now < deadline()) return true;
        if (now >= m_end || bytes < m_windowBytes + kBytesPerSecondMin * static_cast<std::uint64_t>(kWindow.count())) return false;
        m_windowBytes = bytes;
        m_windowEnd = now + kWindow;
        return true;
    }

private:
    std::uint64_t m_windowBytes = 0; // that had come when the window began
    SteadyTime m_windowEnd;
    SteadyTime m_end;
};

} // namespace core::http
