#include "core/replication/roles/relay.h"

#include "core/base/logging.h"
#include "core/replication/roles/refusals.h"

namespace core::replication {

using mount::Response;

bool Relay::isOn() const
{
    return m_roles.isPerformanceSecondary() && m_roles.role(Type::Performance)->isRelay();
}

Response Relay::enable(const std::string& clusterAddress)
{
    MutexLock operation{m_roles.operation};
    const auto current = m_roles.role(Type::Performance);
    if (current->mode != Mode::Secondary || !m_roles.isPlayed(Type::Performance)) return notSecondary(Type::Performance);
    if (current->isRelay()) return Response::badRequest("this cluster is already a relay");
    Role next = current->clone();
    auto authority = crypto::makeAuthority("holdfast relay " + next.setId, m_services.clock.now());
    if (!authority) return storageFailure(authority.error());
    next.authority = std::move(*authority);
    next.relayClusterAddress = clusterAddress;
    if (auto changed = m_roles.changeRelay(next); !changed) return storageFailure(changed.error());
    logging::info("replication", "this cluster relays from now on", {{"set", next.setId}});
    return {};
}

Response Relay::disable()
{
    MutexLock operation{m_roles.operation};
    const auto current = m_roles.role(Type::Performance);
    if (!current->isRelay() || !m_roles.isPlayed(Type::Performance)) return notRelay();
    Role next = current->clone();
    next.authority.reset();
    next.secondaries.clear();
    next.relayClusterAddress.clear();
    auto more = m_scopes.erasuresOfRelay();
    if (!more) return storageFailure(more.error());
    if (auto changed = m_roles.changeRelay(next, std::move(*more)); !changed) return storageFailure(changed.error());
    m_roles.eraseSlots(Type::Performance, *current);
    logging::info("replication", "this cluster has stopped relaying", {});
    return {};
}

} // namespace core::replication
