#include "core/replication/manager.h"

#include "core/base/logging.h"

#include <boost/json/array.hpp>

#include <algorithm>

namespace core::replication {

namespace {

using mount::Response;

Response storageFailure(const Error& error)
{
    logging::error("replication", "a change of the relay failed", {{"error", core::toString(error)}});
    return Response::error(error.code == ErrorCode::Sealed ? 503 : 500, "storing the replication role: " + error.detail);
}

} // namespace

std::string ringText(const std::vector<std::string>& chain, const std::string& clusterId)
{
    std::string text = "following this cluster would close a ring: ";
    for (const auto& id : chain) text += id + " > ";
    return text + clusterId;
}

bool ReplicationManager::isRelay() const
{
    return isPerformanceSecondary() && role(Type::Performance)->isRelay();
}

Response ReplicationManager::notRelay()
{
    return Response::badRequest("this cluster does not relay: it is not a performance secondary with secondaries of its own");
}

Result<> ReplicationManager::changeRelay(const Role& role, std::vector<log::Operation> more)
{
    if (auto stored = storeRoles(&role, nullptr, std::move(more), false); !stored) return stored;
    if (auto loaded = loadRoles(); !loaded) return loaded;
    if (!m_transport) return {};
    LinkPlan plan = planFor(Type::Performance);
    plan.keepsLink = true;
    m_transport->setPlan(std::move(plan));
    return {};
}

Response ReplicationManager::enableRelay(const std::string& clusterAddress)
{
    MutexLock operation{m_operation};
    const auto current = role(Type::Performance);
    if (current->mode != Mode::Secondary || !isPlayed(Type::Performance)) return notSecondary(Type::Performance);
    if (current->isRelay()) return Response::badRequest("this cluster is already a relay");
    Role next = current->clone();
    auto authority = crypto::makeAuthority("holdfast relay " + next.setId, m_services.clock.now());
    if (!authority) return storageFailure(authority.error());
    next.authority = std::move(*authority);
    next.relayClusterAddress = clusterAddress;
    if (auto changed = changeRelay(next); !changed) return storageFailure(changed.error());
    logging::info("replication", "relays to secondaries of its own", {{"set", next.setId}});
    return {};
}

Response ReplicationManager::disableRelay()
{
    MutexLock operation{m_operation};
    const auto current = role(Type::Performance);
    if (!current->isRelay() || !isPlayed(Type::Performance)) return notRelay();
    Role next = current->clone();
    next.authority.reset();
    next.secondaries.clear();
    next.relayClusterAddress.clear();
    auto more = filterErasures("l/" + std::string{kRelayFilterFolder});
    if (!more) return storageFailure(more.error());
    if (auto changed = changeRelay(next, std::move(*more)); !changed) return storageFailure(changed.error());
    for (const auto& secondary : current->secondaries) {
        m_services.store.eraseSlot(std::string{toString(Type::Performance)} + "/" + secondary.id);
    }
    logging::info("replication", "relays no more", {});
    return {};
}

boost::json::object ReplicationManager::relayStatus() const
{
    const auto role = this->role(Type::Performance);
    boost::json::object object{{"enabled", isRelay()}};
    if (!isRelay()) return object;
    const LinkReport report = m_transport ? m_transport->report(Type::Performance) : LinkReport{};
    boost::json::array chain;
    for (const auto& id : report.primary.chain) chain.emplace_back(id);
    object["chain"] = std::move(chain); // from the root primary down to the one that this cluster follows
    object["cluster_addr"] = role->relayClusterAddress.empty() ? self().clusterAddress : role->relayClusterAddress;
    object["state"] = report.isRelaying ? "running" : "idle";
    object["last_performance_wal"] = m_services.store.lastSharedIndex().value();
    object["merkle_root"] = root(Type::Performance);
    addSecondaries(Type::Performance, *role, report, object);
    return object;
}

} // namespace core::replication
