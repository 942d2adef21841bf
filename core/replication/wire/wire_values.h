#pragma once

// For the sources of this module and of core/cluster: wire messages from and to plain values.

#include "core/replication/wire/link.h"
#include "core/replication/wire/wire.pb.h"

namespace core::replication {

/// An address or a fingerprint that another cluster tells. It is passed on to third ones, so it is taken up within bounds: with more
/// than 300 bytes, or with anything but visible ASCII in it, it counts as none.
std::string addressFromWire(const std::string& text);
/// Ids of clusters: the first 64, as long as ids are.
std::vector<std::string> chainFromWire(const google::protobuf::RepeatedPtrField<std::string>& ids);
Endpoint fromWire(const wire::Endpoint& endpoint);
void toWire(const Endpoint& endpoint, wire::Endpoint& out);

/// A member key, or nothing where it is no key.
std::string keyFromWire(const std::string& bytes);
std::vector<std::string> keysFromWire(const google::protobuf::RepeatedPtrField<std::string>& keys);

/// The parts of a heartbeat that both ends send alike.
wire::Heartbeat writeHeartbeat(const LocalInfo& local, WallTime now);
void readHeartbeat(const wire::Heartbeat& beat, WallTime now, PeerInfo& peer);

} // namespace core::replication
