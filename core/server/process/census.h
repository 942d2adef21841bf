#pragma once

#include "core/barrier/barrier.h"
#include "core/base/clock.h"
#include "core/base/mutex.h"
#include "core/log/store.h"
#include "core/mount/router.h"
#include "core/server/config/config.h"
#include "core/server/process/metrics.h"
#include "core/token/token_store.h"

namespace core::server {

/// Looks at what changes slowly, for metrics: tokens, leases, entities, secrets of kv mounts, certificates of listeners.
///
/// Counting reads every token, so it is done seldom, on a thread for upkeep, in pages. It takes at most a hundredth of the time.
class Census {
public:
    struct Services {
        const log::Store& store;
        const barrier::Barrier& barrier;
        token::TokenStore& tokens;
        const mount::Router& router;
        const Clock& clock;
        const std::vector<ListenerConfig>& listeners;
        std::function<bool()> isStopped; // then a count ends early
    };
    explicit Census(Services services) : m_services{std::move(services)} {}

    /// Counts, if it is time to. One call at a time. Blocking.
    void tick() CORE_EXCLUDES(m_mutex);
    /// Of the last complete count; empty before the first one. Thread-safe.
    std::vector<Measure> measures() const CORE_EXCLUDES(m_mutex);

private:
    Result<std::vector<Measure>> count() const;
    Result<> countTokens(std::vector<Measure>& out) const;
    Result<> countSecrets(std::vector<Measure>& out) const;
    /// How many keys have this prefix.
    Result<std::uint64_t> keysBelow(const std::string& prefix) const;

    const Services m_services;
    SteadyTime m_nextAt;   // used by tick() only
    mutable Mutex m_mutex; // leaf lock
    std::vector<Measure> m_measures CORE_GUARDED_BY(m_mutex);
};

} // namespace core::server
