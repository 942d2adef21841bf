#include "core/replication/proofs/equality_proof.h"

#include <algorithm>

namespace core::replication {

namespace {

std::int64_t steadyMs(const Clock& clock)
{
    return std::chrono::duration_cast<std::chrono::milliseconds>(clock.steadyNow().time_since_epoch()).count();
}

} // namespace

/// The smallest of the last differences. If a heartbeat and a marker were delayed together, the heartbeat's own difference would hide the
/// marker's delay.
std::chrono::milliseconds EqualityProof::clockSkew() const
{
    const auto count = std::min(m_skewCount, m_skews.size());
    return count == 0 ? std::chrono::milliseconds{0} : *std::min_element(m_skews.begin(), m_skews.begin() + static_cast<std::ptrdiff_t>(count));
}

void EqualityProof::prove(const wire::Marker& marker)
{
    // Converted to steady time: if the wall clock is set back later, the data must not look newer than it is.
    const auto primarysNow = toUnixMs(m_clock.now()) - clockSkew().count();
    m_canaryMs = steadyMs(m_clock) - std::max<std::int64_t>(0, primarysNow - marker.unix_ms());
    m_last = {LogIndex{marker.index()}, marker.root()};
}

std::optional<std::chrono::milliseconds> EqualityProof::canaryAge() const
{
    if (!m_canaryMs) return std::nullopt;
    return std::chrono::milliseconds{std::max<std::int64_t>(0, steadyMs(m_clock) - *m_canaryMs)};
}

void EqualityProof::inherit(const SecondaryPast& past)
{
    m_canaryMs = past.canaryMs;
    m_last = past.equality;
}

} // namespace core::replication
