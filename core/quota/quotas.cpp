#include "core/quota/quotas.h"

#include "core/base/logging.h"
#include "core/quota/rule_rows.h"

namespace core::quota {
namespace {

constexpr std::size_t kRowsAtOnce = 1000; // before the answer to a new rule, so that a small cluster counts at once
constexpr std::size_t kRowsPerTick = 10'000;
constexpr std::chrono::minutes kTidyInterval{1};

} // namespace

Result<> Quotas::load()
{
    MutexLock lock{m_loadMutex};
    auto transaction = m_store.begin();
    const barrier::Scope scope{transaction, m_barrier, {.shared = false, .local = false}};
    auto rates = rules(scope, Kind::RateLimit);
    if (!rates) return std::move(rates).error();
    auto leases = rules(scope, Kind::LeaseCount);
    if (!leases) return std::move(leases).error();
    auto now = settings(scope);
    if (!now) return std::move(now).error();
    m_rates.set(std::move(*rates), std::move(*now));
    m_leases.set(std::move(*leases));
    m_leases.visitRows(kRowsAtOnce);
    return {};
}

void Quotas::changed(const log::ChangedKeys& keys)
{
    if (keys.any(concerns)) {
        if (auto loaded = load(); !loaded) logging::error("quota", "the quotas could not be loaded", {{"error", toString(loaded.error())}});
    }
    if (m_leases.isEmpty()) return;
    keys.forEach([this](std::string_view key) { m_leases.changed(key); });
}

void Quotas::tick(SteadyTime now)
{
    m_leases.visitRows(kRowsPerTick);
    if (now - m_tidiedAt < kTidyInterval) return;
    m_tidiedAt = now;
    m_rates.tick(now);
}

} // namespace core::quota
