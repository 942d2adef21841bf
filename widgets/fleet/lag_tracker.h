#pragma once

#include <QList>
#include <QtGlobal>

#include <deque>

namespace widgets {

/// Answers how many seconds a secondary is behind, how fast entries arrive, and whether it moves. It gets two counters about once a second.
///
/// Each sample has its time, in milliseconds of any steady clock. Keeps samples for an hour.
class LagTracker {
public:
    void add(qint64 atMs, qint64 primaryIndex, qint64 remoteIndex);

    qint64 entriesBehind() const;
    /// Age of the oldest entry that the secondary lacks; a lower bound if the entry is older than the samples.
    double secondsBehind() const;
    /// Entries that arrived per second over the last seconds.
    double entriesPerSecond() const;
    /// Seconds since the secondary last made progress; 0 if it lacks nothing.
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
