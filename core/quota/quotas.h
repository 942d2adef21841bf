#pragma once

#include "core/barrier/barrier.h"
#include "core/base/clock.h"
#include "core/base/mutex.h"
#include "core/log/changed_keys.h"
#include "core/quota/lease_counts.h"
#include "core/quota/rate_limits.h"

namespace core::quota {

/// The quotas of this cluster: the stored rules, which all clusters of a set share, and what this cluster has counted. Thread-safe.
class Quotas {
public:
    /// `seed` is random.
    Quotas(LeaseCounts::Services services, const barrier::Barrier& barrier, std::uint64_t seed)
        : m_store{services.store}
        , m_barrier{barrier}
        , m_rates{seed}
        , m_leases{std::move(services)}
    {}

    /// Loads the rules: after unseal, a change of role, a restore. Errors: Corrupt, Sealed, Io.
    Result<> load() CORE_EXCLUDES(m_loadMutex);
    /// A subscriber to the changed keys of the store (rules: log::KeySubscribers).
    void changed(const log::ChangedKeys& keys);
    /// Call it once a second, one call at a time.
    void tick(SteadyTime now);

    RateLimits& rates() { return m_rates; }
    const RateLimits& rates() const { return m_rates; }
    const LeaseCounts& leases() const { return m_leases; }

private:
    const log::Store& m_store;
    const barrier::Barrier& m_barrier;
    RateLimits m_rates;
    LeaseCounts m_leases;
    Mutex m_loadMutex;     // held while rules are read and adopted, so that no older rule replaces a newer one
    SteadyTime m_tidiedAt; // used by tick() only
};

} // namespace core::quota
