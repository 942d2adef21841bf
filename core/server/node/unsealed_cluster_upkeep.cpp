#include "core/server/node/unsealed_cluster.h"

#include "core/base/logging.h"
#include "core/sys/settings/key_rotation.h"
#include "core/sys/node/version_history.h"

// The cluster's own upkeep: what is due each second, a copy of the rules for web pages, the history of versions, the age of its key.

namespace core::server {

using mount::TableKind;

std::shared_ptr<const sys::CorsRules> UnsealedCluster::corsRules() const
{
    MutexLock lock{m_mutex};
    return m_cors;
}

void UnsealedCluster::loadCors()
{
    MutexLock oneAtATime{m_corsLoadMutex};
    log::Transaction transaction = m_services.store.begin();
    auto rules = sys::loadCorsRules({transaction, m_services.barrier, {}});
    if (!rules) return logging::error("core", "the CORS rules could not be loaded", {{"error", toString(rules.error())}});
    auto kept = rules->isEnabled() ? std::make_shared<const sys::CorsRules>(std::move(*rules)) : nullptr;
    MutexLock lock{m_mutex};
    m_cors.swap(kept);
}

void UnsealedCluster::noteVersion()
{
    if (m_replication.isDrSecondary() || !m_replication.writeRefusal().empty()) return; // a DR secondary has its primary's history
    auto noted = commit([this](const barrier::Scope& scope) -> Result<> {
        auto isNew = sys::noteVersion(scope, m_services.clock.now());
        return isNew ? Result<>{} : Result<>{isNew.error()};
    });
    if (!noted) logging::warn("core", "the version could not be stored in the history", {{"error", toString(noted.error())}});
}

void UnsealedCluster::rotateWhenDue()
{
    if (!access().shared) return; // the primary does this
    const auto status = m_services.barrier.keyStatus();
    if (!status) return;
    log::Transaction transaction = m_services.store.begin();
    const auto rotation = sys::loadKeyRotation({transaction, m_services.barrier, {}});
    const auto now = m_services.clock.now();
    if (!rotation) return logging::warn("core", "the keyring could not be rotated automatically", {{"error", toString(rotation.error())}});
    if (!rotation->isDue(*status, now)) return;
    auto rotated = commit([&](const barrier::Scope& scope) { return m_services.barrier.rotate(scope.transaction(), now); });
    if (!rotated) return logging::warn("core", "the keyring could not be rotated", {{"error", toString(rotated.error())}});
    logging::info("core", "the keyring got a new term",
                  {{"term_before", std::to_string(status->term)}, {"sealed_values", std::to_string(status->encryptionCount)}});
}

void UnsealedCluster::addBuiltInMounts()
{
    auto added = commit([this](const barrier::Scope& scope) { return m_mounts.ensureDefaults(scope); });
    if (!added) logging::error("core", "the built-in mounts of the cluster could not be added", {{"error", toString(added.error())}});
}

void UnsealedCluster::makeSharedRows()
{
    if (!access().shared) return;
    auto made = commit([this](const barrier::Scope& scope) { return m_wrapping.prepare(scope); });
    if (!made) logging::error("core", "the key that signs wrapping tokens could not be made", {{"error", toString(made.error())}});
    addBuiltInMounts(); // the primary of a set can be older than this program
}

void UnsealedCluster::tick()
{
    if (m_areSharesDue.exchange(false)) adoptShares();
    m_replication.tick();
    m_peers.tick();
    m_quotas.tick(m_services.clock.steadyNow());
    m_promotions.tick();
    m_formerPrimaries.tick();
    m_audit.tick();
    if (m_replication.isDrSecondary() || !m_replication.writeRefusal().empty()) return;
    if (m_areSharedRowsDue.exchange(false)) makeSharedRows();
    endUnsignedTokens();
    if (auto ended = m_leases.tick(); !ended) {
        logging::warn("core", "expired tokens could not be ended", {{"error", toString(ended.error())}});
    }
    rotateWhenDue();
    removeEndedLocks();
    if (auto cleaned = m_cleaner.tick(access()); !cleaned) {
        logging::warn("core", "the data of an unmounted path could not be deleted", {{"error", toString(cleaned.error())}});
    }
    if (!m_isMaintaining.exchange(true)) { // else the previous round still runs
        m_maintenanceThread.post([this] {
            m_maintenance.tick();
            m_census.tick();
            m_isMaintaining = false;
        });
    }
    if (m_replication.roles().isSecondaryInSync()) { // only then a missing mount is known to be removed
        if (auto cleaned = m_cleaner.cleanOrphans(); !cleaned) {
            logging::warn("core", "the local data of a removed mount could not be deleted", {{"error", toString(cleaned.error())}});
        }
    }
    if (m_isSnapshotting.exchange(true)) return; // the previous round still runs
    m_snapshotThread.post([this] {
        m_autoSnapshots.tick(snapshotIdentity());
        m_isSnapshotting = false;
    });
}

void UnsealedCluster::removeEndedLocks()
{
    constexpr std::chrono::minutes kInterval{15};
    constexpr std::size_t kRowsMax = 10'000; // in one transaction; the next round removes more
    const auto now = m_services.clock.steadyNow();
    if (now - m_locksRemovedAt < kInterval) return;
    m_locksRemovedAt = now;
    auto removed = commit([this](const barrier::Scope& scope) -> Result<> {
        auto mounts = m_mounts.entries(scope, TableKind::Auth);
        if (!mounts) return std::move(mounts).error();
        return m_lockout.removeEnded(scope, *mounts, m_services.clock.now(), kRowsMax);
    });
    if (!removed) logging::warn("core", "ended locks of users could not be removed", {{"error", toString(removed.error())}});
}

} // namespace core::server
