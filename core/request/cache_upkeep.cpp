#include "core/request/cache_upkeep.h"

#include "core/barrier/keyring.h"
#include "core/base/logging.h"

namespace core::request {
namespace {

constexpr barrier::WriteAccess kReading{.shared = false, .local = false};

} // namespace

CacheUpkeep::CacheUpkeep(Services services) : m_services{std::move(services)}
{
    const auto subscribe = [this](log::KeySubscribers::Notify notify) {
        m_subscriptions.push_back(m_services.store.subscribeToKeys(std::move(notify)));
    };
    // The keyring comes first, because the others read rows that a new term can have sealed. Backends come last: those of new mounts exist then.
    subscribe([this](const log::ChangedKeys& keys) {
        if (keys.contains(barrier::kKeyringKey)) reloadKeyring();
    });
    subscribe([this](const log::ChangedKeys& keys) { m_services.tokens.changed(keys); });
    subscribe([this](const log::ChangedKeys& keys) { m_services.directory.changed(keys); });
    subscribe([this](const log::ChangedKeys& keys) { m_services.policies.changed(keys); });
    subscribe([this](const log::ChangedKeys& keys) {
        if (mount::MountTable::isReloadDue(keys)) reloadMounts();
    });
    subscribe([this](const log::ChangedKeys& keys) {
        if (audit::Broker::isReloadDue(keys)) reloadAudit();
    });
    subscribe([this](const log::ChangedKeys& keys) { m_services.router.changed(keys); });
}

void CacheUpkeep::reloadKeyring()
{
    // Two reloads at the same time do no harm: the barrier ignores an older keyring.
    const auto stored = m_services.store.reader().get(barrier::kKeyringKey);
    auto taken = stored ? Result<>{} : Result<>{stored.error()};
    if (stored && *stored) taken = m_services.barrier.reload(**stored);
    if (!taken) logging::error("request", "the rotated keyring could not be loaded", {{"error", toString(taken.error())}});
}

void CacheUpkeep::reloadMounts()
{
    m_services.mountedRows.clear();
    const auto before = m_services.router.routes();
    auto transaction = m_services.store.begin();
    if (auto reloaded = m_services.mounts.reload({transaction, m_services.barrier, kReading}); !reloaded) {
        logging::error("request", "the mount tables could not be loaded", {{"error", toString(reloaded.error())}});
        return;
    }
    if (!m_services.authUnmounted) return;
    for (const auto& route : before) {
        // Nobody can unmount the token method. On a new secondary its row arrives with the first synchronisation and replaces a provisional one. The
        // tokens that were made in the meantime must stay.
        if (route->kind != mount::TableKind::Auth || route->entry.type == "token") continue;
        const auto now = m_services.router.find(route->entry.path);
        if (!now || now->entry.uuid != route->entry.uuid) m_services.authUnmounted(route->entry.path);
    }
}

void CacheUpkeep::reloadAudit()
{
    auto transaction = m_services.store.begin();
    const barrier::Scope scope{transaction, m_services.barrier, kReading};
    if (auto reloaded = m_services.audit.reload(scope, m_services.roles.isDrSecondary()); !reloaded) {
        logging::error("request", "the audit devices could not be loaded", {{"error", toString(reloaded.error())}});
    }
}

Result<> CacheUpkeep::reload()
{
    m_services.tokens.forgetAll();
    m_services.directory.forgetAll();
    m_services.policies.invalidate();
    auto transaction = m_services.store.begin();
    const barrier::Scope scope{transaction, m_services.barrier, kReading};
    if (auto reloaded = m_services.mounts.reload(scope); !reloaded) return reloaded;
    m_services.router.invalidateAll();
    if (!m_services.roles.isDrSecondary()) return m_services.audit.reload(scope);
    // While this cluster catches up, rows can arrive before their salts. The next change of either one reloads them.
    if (auto reloaded = m_services.audit.reload(scope, true); !reloaded) {
        logging::warn("request", "the audit devices of this DR secondary could not be loaded", {{"error", toString(reloaded.error())}});
        m_services.audit.clear();
    }
    return {};
}

} // namespace core::request
