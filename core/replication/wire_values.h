#pragma once

// For the sources of this module and of core/cluster: wire messages from and to plain values.

#include "core/replication/link.h"
#include "core/replication/wire.pb.h"

namespace core::replication {

Endpoint fromWire(const wire::Endpoint& endpoint);
void toWire(const Endpoint& endpoint, wire::Endpoint& out);

/// The parts of a heartbeat that both ends send alike.
wire::Heartbeat writeHeartbeat(const LocalInfo& local, WallTime now);
void readHeartbeat(const wire::Heartbeat& beat, WallTime now, PeerInfo& peer);

} // namespace core::replication
