#include "core/server/node/unseal_schedule.h"

#include <algorithm>

namespace core::server {

void UnsealSchedule::failed(const Error& error, SteadyTime now)
{
    // A refused PIN stays refused, and a token locks itself after a few attempts. So this waits for the operator, and so does an error
    // that only a change of the configuration or of the seal can fix.
    m_isHeld = error.code == ErrorCode::PermissionDenied || error.code == ErrorCode::FailedPrecondition;
    m_delay = std::clamp(m_delay * 2, kDelayMin, kDelayMax);
    m_at = now + m_delay;
}

std::string UnsealSchedule::next() const
{
    if (m_isHeld) return "not tried again: correct the configuration and restart the server";
    return "tried again in " + std::to_string(m_delay.count()) + " s";
}

} // namespace core::server
