#pragma once

#include <QList>
#include <QtGlobal>

#include <deque>

namespace widgets {

/// Turns two counters, read about once a second, into what people ask: how many seconds behind, how fast, is it moving.
///
/// Time comes in with the samples, in milliseconds of any steady clock. Keeps an hour.
class LagTracker {
public:
    void add(qint64 atMs, qint64 primaryIndex, qint64 remoteIndex);

    qint64 entriesBehind() const;
    /// Age of the oldest entry that the secondary lacks; a lower bound when it is older than what was seen.
    double secondsBehind() const;
    /// Entries that arrived per second over the last seconds.
    double entriesPerSecond() const;
    /// Seconds since the secondary last moved, or 0 when nothing is missing.
    double secondsWithoutProgress() const;
    /// Seconds behind at each sample, oldest first.
    QList<double> series() const { return m_series; }

private:
    struct Sample {
        qint64 atMs;
        qint64 primaryIndex;
        qint64 remoteIndex;
    };

    std::deque<Sample> m_samples;
    QList<double> m_series;
    qint64 m_progressAtMs = 0;
};

} // namespace widgets
