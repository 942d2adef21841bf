#pragma once

#include "core/base/clock.h"

#include <algorithm>
#include <deque>
#include <utility>

namespace core::replication {

/// How fast a counter has grown over the last minutes, from samples. Not thread-safe.
class Rate {
public:
    explicit Rate(std::chrono::nanoseconds window = std::chrono::minutes{5}) : m_window{window} {}

    void add(SteadyTime now, std::uint64_t value)
    {
        if (!m_samples.empty() && value < m_samples.back().second) m_samples.clear(); // the counter is of another log now
        m_samples.emplace_back(now, value);
        while (m_samples.size() > 2 && now - m_samples[1].first >= m_window) m_samples.pop_front();
    }
    void clear() { m_samples.clear(); }
    /// Per second over the window; 0 before there are two samples.
    double perSecond() const
    {
        if (m_samples.size() < 2) return 0;
        const double seconds = std::chrono::duration<double>(m_samples.back().first - m_samples.front().first).count();
        return seconds <= 0 ? 0 : static_cast<double>(m_samples.back().second - m_samples.front().second) / seconds;
    }
    /// How long the value has not changed, as far back as the samples go.
    std::chrono::nanoseconds unchangedFor() const
    {
        if (m_samples.empty()) return {};
        const auto last = m_samples.back();
        const auto first = std::ranges::find(m_samples, last.second, &std::pair<SteadyTime, std::uint64_t>::second);
        return last.first - first->first;
    }
    /// The growth over the window.
    std::uint64_t growth() const { return m_samples.empty() ? 0 : m_samples.back().second - m_samples.front().second; }

private:
    std::chrono::nanoseconds m_window;
    std::deque<std::pair<SteadyTime, std::uint64_t>> m_samples;
};

} // namespace core::replication
