#pragma once

#include "widgets/client/cluster_client.h"
#include "widgets/model/fleet_model.h"

#include <QString>

#include <memory>

namespace widgets {

/// A wizard's reference to a cluster. It stays usable after the connection was removed.
struct ClusterRef {
    QString id;
    QString name;
    QString address;
    bool isProduction = false;
    std::shared_ptr<ClusterClient> client;

    explicit operator bool() const { return client != nullptr; }

    static ClusterRef of(const FleetModel& fleet, const QString& id)
    {
        const auto* node = fleet.state().node(id);
        if (!node) return {};
        return {id, node->name(), node->connection.address.toString(), node->connection.isProduction, fleet.client(id)};
    }
};

} // namespace widgets
