#pragma once

#include "core/barrier/keyring.h"
#include "core/base/clock.h"
#include "core/log/record.h"
#include "core/merkle/leaf.h"
#include "core/replication/scope/link_filter.h"
#include "core/replication/scope/type.h"
#include "core/trust/member_keys.h"
#include "core/trust/trust_log.h"

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace core::storage {
class Reader;
}

namespace core::replication {

class StatementVerifier;
struct Member;

/// Recomputes what the forest holds of a key and a sealed value, under the set's forest key. Thread-safe.
class LeafHasher {
public:
    virtual ~LeafHasher() = default;
    virtual merkle::KeyHash keyHash(std::string_view key) const = 0;
    virtual merkle::LeafDigest leafDigest(const merkle::KeyHash& hash, std::string_view value) const = 0;
    /// Whether the stored value is wholly what was once sealed for this key; its digest stands for the tag alone.
    virtual bool isAuthentic(std::string_view key, std::string_view value) const = 0;
};

inline constexpr std::uint32_t kProtocolVersion = 2;
inline constexpr std::uint64_t kWindowBytes = 8u << 20; // credit that a secondary gives to begin with
inline constexpr std::size_t kChunkBytes = 256u << 10;  // size at which data frames are cut
inline constexpr std::chrono::milliseconds kHeartbeatInterval{1000};
inline constexpr std::chrono::milliseconds kProgressInterval{100}; // of a secondary's, while there is progress to tell
inline constexpr std::chrono::milliseconds kSilenceMax{10'000};    // after which a peer counts as gone
inline constexpr std::chrono::seconds kMembersInterval{5};         // of the list of members where only times have changed

/// Trust logs by type, null where a cluster keeps none.
struct TrustLogs {
    std::array<std::shared_ptr<const trust::TrustLog>, 2> byType{};

    std::shared_ptr<const trust::TrustLog>& of(Type type) { return byType[type == Type::Dr]; }
    const std::shared_ptr<const trust::TrustLog>& of(Type type) const { return byType[type == Type::Dr]; }
    bool operator==(const TrustLogs&) const = default;
};

struct Endpoint {
    std::string apiAddress;
    std::string clusterAddress;
    bool operator==(const Endpoint&) const = default;
};

/// ALPN protocols of the cluster port.
inline constexpr const char* kPerformanceProtocol = "replication_v1";
inline constexpr const char* kDrProtocol = "replication_dr_v1";
inline constexpr const char* kForwardProtocol = "hf_forward_v1";
inline constexpr const char* kPeerProtocol = "hf_peer_v1";
/// Of a type's links.
inline const char* linkProtocol(Type type)
{
    return type == Type::Performance ? kPerformanceProtocol : kDrProtocol;
}

/// What one end says of itself; the owner of the link keeps it current.
struct LocalInfo {
    std::string setId;
    Epoch epoch;
    Endpoint self;
    std::vector<std::string> clusterAddresses;
    std::vector<std::string> failoverAddresses;
    std::string peerFingerprint{};                        // of the certificate that this cluster shows to other members
    std::shared_ptr<const std::vector<Member>> members{}; // of the set, told by a primary; null: nothing to tell
    /// The latest statement of the set that this end knows (statement.h); a primary's own, unless it has been replaced.
    std::string statement = {};
    bool isReplaced = false;                                // a primary: `statement` is its successor's
    std::shared_ptr<const StatementVerifier> verifier = {}; // none: no statement is believed
    std::string clusterId = {};
    bool isRelay = false; // a secondary that has secondaries of its own
    /// Told by an end that is followed: ids of clusters from the root primary down to this one.
    std::vector<std::string> chain = {};
    std::shared_ptr<const trust::MemberKeys> keys = {}; // none: nothing is proved
    std::vector<std::string> standIns = {};             // of a secondary: member keys of its DR copies
    std::string successorKey = {};                      // of a primary that was replaced, or has handed its role over
    std::string program = HOLDFAST_VERSION;
    std::string clusterName = {};
    TrustLogs trust = {}; // that this link tells and asks for
};

/// Whether a cluster that follows another may serve secondaries of its own now, and how. Kept by the link above, read by those
/// below, on one strand.
struct RelayGate {
    bool isOpen = false; // what is here is a prefix of the root primary's log, and the chain up to there is known
    LogIndex floor;      // of this cluster's log: before it there may be states that are no prefix
    Epoch epoch;
    std::string statement;
    std::vector<std::string> chain; // down to the one that is followed
};

/// "following this cluster would close a ring: a > b > c".
std::string ringText(const std::vector<std::string>& chain, const std::string& clusterId);

/// What the other end has said of itself in heartbeats.
struct PeerInfo {
    Endpoint endpoint;
    Epoch epoch;
    LogIndex index;
    LogIndex lastRelevantIndex;
    std::string root;
    std::string tokenKey;       // a secondary's
    std::string program;        // its version; empty: it told none (program_version.h)
    barrier::Keyring::Ids keys; // a secondary's; empty: its program does not know Keys frames
    std::vector<std::string> clusterAddresses;
    std::vector<std::string> failoverAddresses;
    std::string peerFingerprint;
    std::vector<std::string> standIns{};     // a secondary's
    std::string clusterId{}, clusterName{};  // a secondary's
    bool knowsTrust = false;                 // a secondary's: its program keeps trust logs
    std::array<std::string, 2> trustHeads{}; // performance, DR; a secondary's: the last entries that it keeps
    std::vector<std::string> chain;          // a primary's: ids of clusters from the root primary down to it
    WallTime heardAt;                        // of the last heartbeat, by our clock; epoch: never
    std::chrono::milliseconds clockSkew{0};
    std::chrono::milliseconds canaryAge{0};
};

/// How far a secondary has followed a primary's log; stored in the transaction of each applied batch.
struct Position {
    std::string logId;          // empty: no place in any log, the next hello reconciles
    LogIndex index;             // everything up to here is applied
    LogIndex consistentFrom;    // reconciled entries may be newer than `index` until this is reached
    LogIndex lastRelevantIndex; // last index that brought data
    Epoch epoch;                // highest epoch heard of
    WallTime appliedAt{};       // when the batch was handed to the store; epoch: not known
    std::uint64_t scope = 0;    // LinkFilter::id() under which the place in the log means anything

    bool isConsistent() const { return !logId.empty() && index >= consistentFrom; }
    /// Shared entries were taken over from another member: shared keys stand at `index` of the log, local ones (and, where a
    /// filter kept mounts from that member, some shared ones) at `consistentFrom` or behind it. No primary has a log of such an
    /// id, so the next hello reconciles.
    bool isSalvaged() const;
    bool isSalvagedInPart() const;
    /// Every shared key is here as of this place of the log, or a later one.
    LogIndex sharedThrough() const { return isSalvagedInPart() ? consistentFrom : index; }
    /// The primary's log, also where entries were salvaged.
    std::string primaryLogId() const;
    /// This position after a salvage that reached `through`; `isWhole`: every shared mount stands there now.
    Position salvaged(LogIndex through, bool isWhole) const;
    std::string encode() const;
    static Result<Position> decode(std::string_view text);
    /// The physical key that holds the position of a type.
    static std::string key(Type type);
    /// No place in any log where none is stored, or what is stored is damaged.
    static Position stored(const storage::Reader& reader, Type type);
};

} // namespace core::replication
