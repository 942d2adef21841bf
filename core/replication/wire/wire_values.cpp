#include "core/replication/wire/wire_values.h"

#include <algorithm>

namespace core::replication {

namespace {

constexpr std::size_t kAddressBytesMax = 300;
constexpr std::size_t kIdBytesMax = 300;
constexpr int kListMax = 64;

std::vector<std::string> addressesFromWire(const google::protobuf::RepeatedPtrField<std::string>& texts)
{
    std::vector<std::string> out;
    for (int at = 0; at < std::min(texts.size(), kListMax); ++at) {
        if (auto address = addressFromWire(texts.Get(at)); !address.empty()) out.push_back(std::move(address));
    }
    return out;
}

} // namespace

std::string addressFromWire(const std::string& text)
{
    const bool isVisible = std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
    return isVisible && text.size() <= kAddressBytesMax ? text : std::string{};
}

std::vector<std::string> chainFromWire(const google::protobuf::RepeatedPtrField<std::string>& ids)
{
    std::vector<std::string> out;
    for (int at = 0; at < std::min(ids.size(), kListMax); ++at) out.push_back(ids.Get(at).substr(0, kIdBytesMax));
    return out;
}

std::string keyFromWire(const std::string& bytes)
{
    return bytes.size() == trust::kPublicKeyBytes ? bytes : std::string{};
}

std::vector<std::string> keysFromWire(const google::protobuf::RepeatedPtrField<std::string>& keys)
{
    constexpr int kStandInsMax = 8;
    std::vector<std::string> out;
    for (int at = 0; at < std::min(keys.size(), kStandInsMax); ++at) {
        if (auto key = keyFromWire(keys.Get(at)); !key.empty()) out.push_back(std::move(key));
    }
    return out;
}

Endpoint fromWire(const wire::Endpoint& endpoint)
{
    return Endpoint{addressFromWire(endpoint.api_address()), addressFromWire(endpoint.cluster_address())};
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
    for (const auto& key : local.standIns) beat.add_stand_ins(key);
    return beat;
}

void readHeartbeat(const wire::Heartbeat& beat, WallTime now, PeerInfo& peer)
{
    peer.heardAt = now;
    peer.endpoint = fromWire(beat.self());
    peer.epoch = Epoch{beat.epoch()};
    peer.index = LogIndex{beat.index()};
    peer.lastRelevantIndex = LogIndex{beat.last_relevant_index()};
    peer.root = beat.root().substr(0, kIdBytesMax);
    peer.tokenKey = beat.token_key().substr(0, kIdBytesMax);
    peer.keys = {beat.root_key_id().substr(0, kIdBytesMax), beat.term_id().substr(0, kIdBytesMax)};
    peer.peerFingerprint = addressFromWire(beat.peer_fingerprint());
    peer.chain = chainFromWire(beat.chain());
    peer.standIns = keysFromWire(beat.stand_ins());
    for (int at = 0; at < std::min(beat.trust_size(), 2); ++at) {
        peer.trustHeads[beat.trust(at).type() == 2] = beat.trust(at).head().substr(0, trust::kHashBytes);
    }
    peer.clusterAddresses = addressesFromWire(beat.cluster_addresses());
    peer.failoverAddresses = addressesFromWire(beat.failover_addresses());
    peer.clockSkew = std::chrono::milliseconds{toUnixMs(now) - beat.unix_ms()};
    peer.canaryAge = std::chrono::milliseconds{beat.canary_age_ms()};
}

} // namespace core::replication
