#include "core/replication/roles/key_renewal.h"

#include "core/base/logging.h"
#include "core/mount/mount_storage.h"

#include <algorithm>

namespace core::replication {

namespace {

/// "north"; a copy of it: "a DR copy of north".
std::string nameOf(const trust::Entry& list, const trust::Seat& seat, bool isCopy)
{
    const std::string name = !seat.id.empty() ? seat.id : seat.memberKey == list.authority ? list.leader.clusterName : "a former primary";
    return isCopy ? "a DR copy of " + name : name;
}

} // namespace

void KeyRenewal::tick()
{
    if (!m_mayBeDue || m_isRunning) return;
    const auto keys = m_services.ownKeys ? m_services.ownKeys->keys() : std::nullopt;
    if (keys && keys->nextMember() && !isListed(keys->nextMember()->key.publicKey())) return; // the primary's next list will have it
    m_isRunning = true;
    m_services.background->post([this] {
        MutexLock operation{m_roles.operation};
        if (auto done = renew(); !done) {
            logging::warn("replication", "could not store new keys; this cluster tries again", {{"error", core::toString(done.error())}});
        }
        m_isRunning = false;
    });
}

std::shared_ptr<const trust::TrustLog> KeyRenewal::followedLog() const
{
    for (const Type type : {Type::Dr, Type::Performance}) {
        if (m_roles.isPlayed(type) && m_roles.role(type)->mode == Mode::Secondary) return m_roles.trust(type);
    }
    return nullptr;
}

bool KeyRenewal::isListed(const std::string& memberKey) const
{
    const auto log = followedLog();
    return log && log->judge().presentSeatOf(memberKey) != nullptr;
}

Result<trust::RekeyDue> KeyRenewal::due() const
{
    log::Transaction transaction = m_services.store.begin();
    return trust::RekeyDue::load({transaction, m_services.barrier, {}});
}

void KeyRenewal::demand(trust::RekeyDue& due) const
{
    const auto keys = m_services.ownKeys ? m_services.ownKeys->keys() : std::nullopt;
    if (!keys) return;
    // This cluster may have been restored from a snapshot, so its stored number may be old. Members may have made keys for later numbers.
    due.renewal = std::max(due.renewal, keys->member().renewal) + 1;
    due.formerKeys = {trust::keyHash(keys->member().key.publicKey())};
    for (const Type type : {Type::Performance, Type::Dr}) {
        const auto log = m_roles.trust(type);
        if (!log || !m_roles.isPlayed(type) || m_roles.role(type)->mode != Mode::Primary) continue;
        for (const auto& seat : log->head().seats) {
            due.formerKeys.insert(trust::keyHash(seat.memberKey));
            for (const auto& copy : seat.standIns) due.formerKeys.insert(trust::keyHash(copy.memberKey));
        }
    }
}

Result<> KeyRenewal::renew()
{
    const auto keys = m_services.ownKeys ? m_services.ownKeys->keys() : std::nullopt;
    if (!keys) {
        m_mayBeDue = false;
        return {};
    }
    if (!m_roles.writeRefusal().empty()) return {}; // fenced, or a switchover is under way; a later tick tries again
    if (keys->nextMember()) {
        // Until the primary's list has the new key, the present key must stay: it holds the right to succeed.
        const auto log = followedLog();
        if (log && !isListed(keys->nextMember()->key.publicKey())) return {};
        return m_roles.replaceKeys(keys->withNextInPlace());
    }
    const auto demanded = due();
    if (!demanded) return demanded.error();
    if (demanded->renewal <= keys->member().renewal) {
        m_mayBeDue = false;
        return {};
    }
    const WallTime now = m_services.clock.now();
    const auto next = keys->withNext(m_services.random, now, now + longestTokenTtl(), demanded->renewal);
    if (followedLog()) return m_roles.keepNextKeys(next);
    return m_roles.replaceKeys(next.withNextInPlace());
}

std::vector<std::string> KeyRenewal::waitingFor() const
{
    std::vector<std::string> names;
    const auto demanded = due();
    if (!demanded || demanded->formerKeys.empty()) return names;
    const auto isFormer = [&](const std::string& key) { return demanded->formerKeys.contains(trust::keyHash(key)); };
    const auto add = [&names](std::string name) {
        if (std::ranges::find(names, name) == names.end()) names.push_back(std::move(name));
    };
    std::set<std::string> named; // a DR secondary is listed in both sets
    for (const Type type : {Type::Dr, Type::Performance}) {
        const auto log = m_roles.trust(type);
        if (!log || !m_roles.isPlayed(type) || m_roles.role(type)->mode != Mode::Primary) continue;
        for (const auto& seat : log->head().seats) {
            if (isFormer(seat.memberKey) && named.insert(seat.memberKey).second) add(nameOf(log->head(), seat, false));
            for (const auto& copy : seat.standIns) {
                if (isFormer(copy.memberKey) && named.insert(copy.memberKey).second) add(nameOf(log->head(), seat, true));
            }
        }
    }
    return names;
}

std::vector<std::string> KeyRenewal::waitingBelow() const
{
    std::vector<std::string> ids;
    const auto role = m_roles.role(Type::Performance);
    if (!role->isRelay()) return ids;
    const auto met = metDemand();
    for (const auto& secondary : role->secondaries) {
        if (secondary.isActivated && secondary.keyRenewal < met) ids.push_back(secondary.id);
    }
    return ids;
}

std::chrono::seconds KeyRenewal::longestTokenTtl() const
{
    std::chrono::seconds longest = m_services.leaseTtlMax;
    log::Transaction transaction = m_services.store.begin();
    const auto mounts = mount::loadMounts({transaction, m_services.barrier, {}}, mount::TableKind::Auth);
    for (const auto& mount : mounts ? *mounts : std::vector<mount::MountEntry>{}) longest = std::max(longest, mount.maxLeaseTtl);
    return longest;
}

} // namespace core::replication
