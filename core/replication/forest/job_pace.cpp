#include "core/replication/forest/job_pace.h"

#include <algorithm>

namespace core::replication {

namespace {

constexpr std::chrono::milliseconds kPauseMax{50};

} // namespace

JobPace::JobPace(const log::Store& store, const Clock& clock, Pause pause, Options options)
    : m_store{store}
    , m_clock{clock}
    , m_pause{std::move(pause)}
    , m_options{options}
    , m_startedAt{clock.steadyNow()}
    , m_resumedAt{m_startedAt}
    , m_appliedBefore{store.appliedIndex()}
{}

bool JobPace::hold(std::uint64_t keysDone)
{
    const SteadyTime now = m_clock.steadyNow();
    if (!m_isHolding) {
        // Commits since the piece began show that somebody writes. The pause for them is at most `pauseRatioMax` times the piece, so the
        // job never stops completely.
        const auto commits = static_cast<std::int64_t>(m_store.appliedIndex().value() - m_appliedBefore.value());
        m_holdsUntil = now + std::min<std::chrono::nanoseconds>(commits * m_options.pausePerCommit, (now - m_resumedAt) * m_options.pauseRatioMax);
        if (m_options.keysPerSecondMax > 0) {
            const auto due = m_startedAt + std::chrono::nanoseconds{keysDone * 1'000'000'000ull / m_options.keysPerSecondMax};
            m_holdsUntil = std::max(m_holdsUntil, due);
        }
        m_isHolding = true;
    }
    if (now < m_holdsUntil) {
        m_pause(std::min(kPauseMax, std::chrono::ceil<std::chrono::milliseconds>(m_holdsUntil - now)));
        return true;
    }
    m_isHolding = false;
    m_resumedAt = now;
    m_appliedBefore = m_store.appliedIndex();
    return false;
}

} // namespace core::replication
