#pragma once

#include "core/replication/manager/secondary_seats.h"
#include "core/replication/roles/role_reports.h"
#include "core/sys/routes/routes.h"

namespace core::sys {

/// sys/replication/performance/secondary/relay: a performance secondary with secondaries of its own.
struct RelayServices {
    replication::Relay& relay;
    replication::SecondarySeats& seats;
    const replication::RoleKeeper& roles;
    const replication::RoleReports& reports;
};
void addReplicationRelayRoutes(RouteTable& routes, const RelayServices& services);

} // namespace core::sys
