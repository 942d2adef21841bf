#include "widgets/fleet/lag_tracker.h"

#include <algorithm>

namespace widgets {
namespace {

constexpr qint64 kWindowMs = 3600 * 1000;
constexpr qint64 kRateWindowMs = 5000;

} // namespace

void LagTracker::add(qint64 atMs, qint64 primaryIndex, qint64 remoteIndex)
{
    // Another primary has its own numbers, so earlier samples say nothing now.
    if (!m_samples.empty() && (primaryIndex < m_samples.back().primaryIndex || remoteIndex < m_samples.back().remoteIndex)) {
        m_samples.clear();
    }
    const bool moved = m_samples.empty() || remoteIndex != m_samples.back().remoteIndex;
    if (moved || remoteIndex >= primaryIndex) m_progressAtMs = atMs;
    m_samples.push_back({atMs, primaryIndex, remoteIndex});
    while (m_samples.front().atMs < atMs - kWindowMs) m_samples.pop_front();
    m_series.append(secondsBehind());
    if (m_series.size() > kWindowMs / 1000) m_series.removeFirst();
}

qint64 LagTracker::entriesBehind() const
{
    if (m_samples.empty()) return 0;
    return std::max<qint64>(0, m_samples.back().primaryIndex - m_samples.back().remoteIndex);
}

double LagTracker::secondsBehind() const
{
    if (entriesBehind() == 0) return 0;
    const Sample& last = m_samples.back();
    const auto first = std::partition_point(m_samples.begin(), m_samples.end(), [&](const Sample& s) { return s.primaryIndex <= last.remoteIndex; });
    return static_cast<double>(last.atMs - first->atMs) / 1000.0;
}

double LagTracker::entriesPerSecond() const
{
    if (m_samples.size() < 2) return 0;
    const Sample& last = m_samples.back();
    const auto first = std::partition_point(m_samples.begin(), m_samples.end(), [&](const Sample& s) { return s.atMs < last.atMs - kRateWindowMs; });
    if (first->atMs == last.atMs) return 0;
    return static_cast<double>(last.remoteIndex - first->remoteIndex) * 1000.0 / static_cast<double>(last.atMs - first->atMs);
}

double LagTracker::secondsWithoutProgress() const
{
    if (entriesBehind() == 0) return 0;
    return static_cast<double>(m_samples.back().atMs - m_progressAtMs) / 1000.0;
}

} // namespace widgets
