#pragma once

#include "core/base/clock.h"
#include "core/base/result.h"

#include <string>

namespace core::server {

/// Decides when a node tries to open its automatic seal: at once, and after each failure later and later. It holds the node sealed where another try
/// could do harm, or where an operator has sealed it. Has no clock; the caller passes times. Not thread-safe.
class UnsealSchedule {
public:
    static constexpr std::chrono::seconds kDelayMin{1};
    static constexpr std::chrono::seconds kDelayMax{30};

    bool isDue(SteadyTime now) const { return !m_isHeld && now >= m_at; }
    /// The node stays sealed until release().
    void hold() { m_isHeld = true; }
    /// An operator has opened the node.
    void release() { m_isHeld = false; }
    void opened() { m_delay = {}; }
    void failed(const Error& error, SteadyTime now);
    /// Says what happens next, for the log.
    std::string next() const;

private:
    bool m_isHeld = false;
    std::chrono::seconds m_delay{0};
    SteadyTime m_at;
};

} // namespace core::server
