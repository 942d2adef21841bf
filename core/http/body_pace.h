#pragma once

#include "core/base/clock.h"

#include <algorithm>
#include <cstdint>

namespace core::http {

/// Checks that a body comes fast enough: at least ten kilobytes in each window of ten seconds. With an average over the whole time a
/// client could send much at first and then hold the body for long. Has no clock; the caller passes times.
class BodyPace {
public:
    static constexpr std::chrono::seconds kWindow{10};
    static constexpr std::uint64_t kBytesPerSecondMin = 1024;

    /// `longest`: when the body must be complete, no matter how fast it comes.
    BodyPace(SteadyTime now, std::chrono::nanoseconds longest) : m_windowEnd{now + kWindow}, m_end{now + longest} {}

    /// When to call isFastEnough() next.
    SteadyTime deadline() const { return std::min(m_windowEnd, m_end); }

    /// Call it at the deadline, with the bytes so far. False: end the body. Otherwise the next window begins.
    bool isFastEnough(SteadyTime now, std::uint64_t bytes)
    {
        if (now < deadline()) return true;
        if (now >= m_end || bytes < m_windowBytes + kBytesPerSecondMin * static_cast<std::uint64_t>(kWindow.count())) return false;
        m_windowBytes = bytes;
        m_windowEnd = now + kWindow;
        return true;
    }

private:
    std::uint64_t m_windowBytes = 0; // that had arrived when the window began
    SteadyTime m_windowEnd;
    SteadyTime m_end;
};

} // namespace core::http
