#pragma once

// For the sources of this module and of core/cluster: wire messages from and to plain values.

#include "core/replication/wire/link.h"
#include "core/replication/wire/wire.pb.h"

namespace core::replication {

/// An address or a fingerprint from another cluster. This cluster passes it on to third ones, so it is checked: more than 300 bytes, or
/// anything except visible ASCII, gives an empty text.
std::string addressFromWire(const std::string& text);
/// Ids of clusters: the first 64, each cut to the length of an id.
std::vector<std::string> chainFromWire(const google::protobuf::RepeatedPtrField<std::string>& ids);
Endpoint fromWire(const wire::Endpoint& endpoint);
/// The number of a type in messages: 1 performance, 2 DR.
constexpr std::uint32_t toWire(Type type)
{
    return type == Type::Dr ? 2 : 1;
}
/// A number of no type counts as performance.
constexpr Type typeFromWire(std::uint32_t number)
{
    return number == toWire(Type::Dr) ? Type::Dr : Type::Performance;
}
void toWire(const Endpoint& endpoint, wire::Endpoint& out);

/// A member key; empty if the bytes are no key.
std::string keyFromWire(const std::string& bytes);
std::vector<std::string> keysFromWire(const google::protobuf::RepeatedPtrField<std::string>& keys);

/// The parts of a heartbeat that are the same at both ends.
wire::Heartbeat writeHeartbeat(const LocalInfo& local, WallTime now);
void readHeartbeat(const wire::Heartbeat& beat, WallTime now, PeerInfo& peer);

} // namespace core::replication
