#pragma once

#include "core/sys/replication/handlers.h"

namespace core::sys {

struct DrillServices {
    ReplicationServices replication;
    std::function<Result<std::string>()> start;            // the id of the drill that has begun
    std::function<Result<boost::json::object>()> evidence; // of the running drill, or the last one; empty: none
};

/// sys/replication/dr/secondary/drill. Help: resources/help/replication/drill.md.
void addDrillRoutes(RouteTable& routes, DrillServices services);

} // namespace core::sys
