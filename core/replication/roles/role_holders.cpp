#include "core/replication/roles/role_reports.h"

#include <boost/json/array.hpp>

namespace core::replication {

namespace {

boost::json::object peerHolder(const char* relation, const std::string& id, const PeerInfo& peer, bool isConnected)
{
    boost::json::object object{{"relation", relation}, {"id", id}};
    object["api_address"] = peer.endpoint.apiAddress;
    object["cluster_address"] = peer.endpoint.clusterAddress;
    object["connection_status"] = isConnected ? "connected" : "disconnected";
    object["last_heartbeat"] = peer.heardAt == WallTime{} ? "" : toRfc3339(peer.heardAt);
    return object;
}

/// Adds whether the cluster holds the data (or why not), how far it is, and whether both ends have proved that they hold the same.
void tell(boost::json::object& object, const char* absence, LogIndex index, bool isProven)
{
    object["holds"] = absence == nullptr;
    if (absence) object["reason"] = absence;
    object["index"] = index.value();
    object["is_proven"] = absence == nullptr && isProven;
}

} // namespace

boost::json::array RoleReports::holders(barrier::StorageClass storageClass, std::string_view mountUuid) const
{
    using barrier::StorageClass;
    constexpr const char* kStaysHere = "local data goes to DR secondaries only";
    constexpr const char* kOwn = "each cluster's own, never replicated";
    boost::json::array all;
    boost::json::object here{{"relation", "this"}, {"cluster_id", m_services.host.clusterId()}, {"cluster_name", m_services.host.clusterName()}};
    here["api_address"] = m_roles.self().apiAddress;
    tell(here, nullptr, m_services.store.appliedIndex(), true);
    all.emplace_back(std::move(here));

    for (const Type type : {Type::Performance, Type::Dr}) {
        const auto role = m_roles.role(type);
        if (!m_roles.transport() || !m_roles.isPlayed(type) || role->mode == Mode::Disabled) continue;
        const LinkStatus report = m_roles.report(type);
        const bool isCarried = storageClass == StorageClass::Shared || (type == Type::Dr && storageClass == StorageClass::Local);
        const char* absence = isCarried ? nullptr : storageClass == StorageClass::Ignored ? kOwn : kStaysHere;
        if (role->mode == Mode::Secondary && report.isRunning) {
            auto item =
                peerHolder(type == Type::Dr ? "dr primary" : "performance primary", {}, report.primary, report.connection == ConnectionState::Ready);
            tell(item, absence, report.primary.lastRelevantIndex, report.isInSync && report.canaryAge.has_value());
            all.emplace_back(std::move(item));
        }
        for (const auto& known : role->secondaries) {
            const LinkStatus::Secondary unheard{known.id, {}, false};
            const LinkStatus::Secondary* secondary = &unheard;
            for (const auto& heard : report.secondaries) {
                if (heard.id == known.id) secondary = &heard;
            }
            const LinkFilter scope = m_scopes.scope(type, known.id);
            const bool isFiltered = absence == nullptr && !mountUuid.empty() && !scope.carriesMount(mountUuid);
            auto item = peerHolder(type == Type::Dr ? "dr secondary" : "performance secondary", known.id, secondary->peer, secondary->isConnected);
            const bool isEver = secondary->peer.heardAt != WallTime{};
            tell(item,
                 isFiltered            ? "held back by its paths filter"
                 : !absence && !isEver ? "not heard since this cluster started"
                                       : absence,
                 secondary->peer.lastRelevantIndex, isEver && secondary->peer.root == m_services.store.forest().root(scope.trees()));
            all.emplace_back(std::move(item));
        }
    }
    return all;
}

} // namespace core::replication
