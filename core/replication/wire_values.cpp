#include "core/replication/wire_values.h"

#include "core/replication/transport.h"

namespace core::replication {

Endpoint fromWire(const wire::Endpoint& endpoint)
{
    return Endpoint{endpoint.api_address(), endpoint.cluster_address()};
}

void toWire(const Endpoint& endpoint, wire::Endpoint& out)
{
    out.set_api_address(endpoint.apiAddress);
    out.set_cluster_address(endpoint.clusterAddress);
}

wire::Heartbeat writeHeartbeat(const LocalInfo& local, WallTime now)
{
    wire::Heartbeat beat;
    beat.set_unix_ms(toUnixMs(now));
    beat.set_epoch(local.epoch.value());
    beat.set_peer_fingerprint(local.peerFingerprint);
    toWire(local.self, *beat.mutable_self());
    for (const auto& address : local.clusterAddresses) beat.add_cluster_addresses(address);
    for (const auto& address : local.failoverAddresses) beat.add_failover_addresses(address);
    for (const auto& id : local.chain) beat.add_chain(id);
    return beat;
}

void readHeartbeat(const wire::Heartbeat& beat, WallTime now, PeerInfo& peer)
{
    peer.heardAt = now;
    peer.endpoint = fromWire(beat.self());
    peer.epoch = Epoch{beat.epoch()};
    peer.index = LogIndex{beat.index()};
    peer.lastRelevantIndex = LogIndex{beat.last_relevant_index()};
    peer.root = beat.root();
    peer.peerFingerprint = beat.peer_fingerprint();
    peer.chain.assign(beat.chain().begin(), beat.chain().end());
    peer.clusterAddresses.assign(beat.cluster_addresses().begin(), beat.cluster_addresses().end());
    peer.failoverAddresses.assign(beat.failover_addresses().begin(), beat.failover_addresses().end());
    peer.clockSkew = std::chrono::milliseconds{toUnixMs(now) - beat.unix_ms()};
    peer.canaryAge = std::chrono::milliseconds{beat.canary_age_ms()};
}

LinkCounts& LinkCounts::operator+=(const LinkCounts& other)
{
    for (const auto member : {&LinkCounts::authenticated, &LinkCounts::bootstraps, &LinkCounts::hellos, &LinkCounts::guardsFound,
                              &LinkCounts::guardsMissing, &LinkCounts::pageLeaves, &LinkCounts::entries, &LinkCounts::records,
                              &LinkCounts::heartbeats, &LinkCounts::forwards}) {
        this->*member += other.*member;
    }
    return *this;
}

} // namespace core::replication
