#include "core/replication/manager/manager.h"

#include "core/base/logging.h"
#include "core/trust/rekey_due.h"

#include <algorithm>

namespace core::replication {

namespace {

ManagerServices withBackground(ManagerServices services, Background* own)
{
    if (own) services.background = own;
    return services;
}

} // namespace

ReplicationManager::ReplicationManager(Services services)
    : m_ownWorker{services.background ? nullptr : std::make_unique<Worker>()}
    , m_services{withBackground(std::move(services), m_ownWorker.get())}
    , m_roles{m_services}
    , m_scopes{m_services, m_roles}
    , m_keys{m_services}
    , m_relay{m_services, m_roles, m_scopes}
    , m_trust{m_services, m_roles}
    , m_renewal{m_services, m_roles}
    , m_authorities{m_services, m_roles, [this](Type type) { m_trust.fetch(type); }}
    , m_epochs{m_services, m_roles, m_trust}
    , m_activation{m_services, m_roles}
    , m_switchover{m_services, m_roles, m_scopes}
    , m_successor{m_services, m_roles}
    , m_heard{m_services, m_roles}
    , m_members{m_services, m_roles, m_heard, m_renewal}
    , m_seats{m_services, m_roles, m_scopes, m_renewal, m_authorities, m_members}
    , m_operations{m_services, m_roles, m_scopes, m_trust, m_seats}
    , m_otherPrimaries{m_services, m_roles}
    , m_reports{m_services, m_roles, m_scopes, m_relay, m_heard, m_renewal, m_authorities}
    , m_events{m_services,
               {.roles = m_roles,
                .keys = m_keys,
                .renewal = m_renewal,
                .authorities = m_authorities,
                .epochs = m_epochs,
                .trust = m_trust,
                .switchover = m_switchover,
                .successor = m_successor}}
{}

ReplicationManager::~ReplicationManager()
{
    m_services.background->stop();
    stop();
}

Result<> ReplicationManager::start()
{
    m_activation.start();
    m_changedKeys = m_services.store.subscribeToKeys([this](const log::ChangedKeys& keys) { changed(keys); });
    MutexLock operation{m_roles.operation};
    if (auto loaded = m_roles.load(); !loaded) return loaded;
    if (auto kept = m_roles.keepTrust(); !kept) { // the disk may be full; the next change of a role tries again
        logging::warn("replication", "could not keep the trust log", {{"error", core::toString(kept.error())}});
    }
    if (auto started = m_roles.start(); !started) return started;
    m_heard.load();
    m_renewal.note();
    m_seats.noteRevocationDue();
    m_seats.assertOperation();
    m_seats.noteKeysBelow();
    return {};
}

void ReplicationManager::stop()
{
    m_changedKeys.reset();
    m_activation.stop(); // ends a call to a primary's API
    if (!m_roles.stop()) return;
    m_heard.stop();
    m_switchover.hold().end("this cluster is being sealed");
    m_roles.stopAllLinks();
    m_services.background->stop(); // finishes the tasks while everything that they use still exists
}

void ReplicationManager::tick()
{
    m_switchover.tick();
    m_heard.tick();
    m_trust.tick();
    m_renewal.tick();
    m_otherPrimaries.tick();
    m_authorities.tick();
    m_seats.tick();
}

void ReplicationManager::waitUntilIdle()
{
    m_services.background->waitUntilIdle();
}

void ReplicationManager::holdWrites(const std::string& why)
{
    m_roles.refuseWrites(why);
    m_switchover.hold().begin();
}

void ReplicationManager::releaseWrites()
{
    MutexLock operation{m_roles.operation}; // a switchover holds writes itself, under this lock
    if (auto loaded = m_roles.load(); !loaded) {
        logging::error("replication", "could not read the roles back", {{"error", core::toString(loaded.error())}});
    }
    m_switchover.hold().end(m_roles.writeRefusal());
}

void ReplicationManager::changed(const log::ChangedKeys& keys)
{
    m_scopes.changed(keys);
    if (keys.contains(trust::RekeyDue::kKey)) m_renewal.note();
    if (!isDrSecondary() || !keys.contains(Role::key(Type::Performance))) return;
    // The performance role that this DR secondary inherited has changed. sys/health shows it.
    m_services.background->post([this] {
        MutexLock operation{m_roles.operation};
        if (auto loaded = m_roles.load(); !loaded) {
            logging::error("replication", "could not read the inherited role", {{"error", core::toString(loaded.error())}});
        }
    });
}

} // namespace core::replication
