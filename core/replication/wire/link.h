#pragma once

#include "core/barrier/keyring.h"
#include "core/base/clock.h"
#include "core/log/record.h"
#include "core/merkle/leaf.h"
#include "core/replication/scope/link_filter.h"
#include "core/replication/scope/type.h"
#include "core/trust/member_keys.h"
#include "core/trust/trust_log.h"

#include <algorithm>
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

/// Computes the forest's leaf of a key and a sealed value again, under the set's forest key. Thread-safe.
class LeafHasher {
public:
    virtual ~LeafHasher() = default;
    virtual merkle::KeyHash keyHash(std::string_view key) const = 0;
    virtual merkle::LeafDigest leafDigest(const merkle::KeyHash& hash, std::string_view value) const = 0;
    /// Whether the stored value opens as a value of this key. The leaf's digest covers only the authentication tag, so it cannot prove
    /// this.
    virtual bool isAuthentic(std::string_view key, std::string_view value) const = 0;
};

inline constexpr std::uint32_t kProtocolVersion = 2;
inline constexpr std::uint64_t kWindowBytes = 8u << 20; // the credit at the start, given by the secondary
inline constexpr std::size_t kChunkBytes = 256u << 10;  // the size at which data frames are cut
inline constexpr std::chrono::milliseconds kHeartbeatInterval{1000};
inline constexpr std::chrono::milliseconds kProgressInterval{100}; // how often a secondary reports progress, if there is any
inline constexpr std::chrono::milliseconds kSilenceMax{10'000};    // a silent peer counts as gone after this
inline constexpr std::chrono::seconds kMembersInterval{5};         // how often the list of members is sent if only times have changed

/// Trust logs by type; null where a cluster keeps none.
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

/// What one end of a link tells about itself. The owner of the link keeps it current.
struct LocalInfo {
    std::string setId;
    Epoch epoch;
    Endpoint self;
    std::vector<std::string> clusterAddresses;
    std::vector<std::string> failoverAddresses;
    std::string peerFingerprint{};                        // of the certificate that this cluster shows to other members
    std::shared_ptr<const std::vector<Member>> members{}; // of the set, from a primary; null: none to send
    /// The latest statement of the set that this end knows (statement.h). On a primary: its own, unless it has been replaced.
    std::string statement = {};
    bool isReplaced = false;                                // on a primary: `statement` is its successor's
    std::string refusal = {};                               // why a primary serves nobody; empty: it serves
    std::shared_ptr<const StatementVerifier> verifier = {}; // none: no statement is believed
    std::string clusterId = {};
    bool isRelay = false; // a secondary that has secondaries of its own
    /// On an end that others follow: the ids of the clusters from the root primary down to this one.
    std::vector<std::string> chain = {};
    std::shared_ptr<const trust::MemberKeys> keys = {}; // none: nothing is proved
    std::vector<std::string> standIns = {};             // on a secondary: member keys of its DR copies
    std::string successorKey = {};                      // on a primary that was replaced, or has handed over its role
    std::string program = HOLDFAST_VERSION;
    std::string clusterName = {};
    TrustLogs trust = {};              // the logs that this link sends and asks for
    std::string authority = {};        // fingerprint of this cluster's transport authority, which its secondaries must know
    std::string trustedAuthority = {}; // of a secondary: fingerprint of the authority by which it knows its primary
};

/// Tells a relay whether it may serve its own secondaries now. The link to its primary writes it, the links to its secondaries read it, all
/// on one strand.
struct RelayGate {
    bool isOpen = false; // this cluster holds a prefix of the root primary's log, and knows the chain up to it
    LogIndex floor;      // of this cluster's log: earlier states may be no prefix
    Epoch epoch;
    std::string statement;
    std::vector<std::string> chain; // down to the cluster that this one follows
    std::string refusal{};          // why the secondaries of this relay get nothing until an operator acts; empty: it serves, or will soon
};

/// "following this cluster would close a ring: a > b > c".
std::string ringText(const std::vector<std::string>& chain, const std::string& clusterId);

/// What the other end has reported about itself in heartbeats.
struct PeerInfo {
    Endpoint endpoint;
    Epoch epoch;
    LogIndex index;
    LogIndex lastRelevantIndex;
    std::string root;
    std::string tokenKey;       // of a secondary
    std::string program;        // its version; empty: not reported (program_version.h)
    barrier::Keyring::Ids keys; // of a secondary; empty: its program does not know Keys frames
    std::vector<std::string> clusterAddresses;
    std::vector<std::string> failoverAddresses;
    std::string peerFingerprint;
    std::vector<std::string> standIns{};     // of a secondary
    std::string clusterId{}, clusterName{};  // of a secondary
    bool knowsTrust = false;                 // of a secondary: its program keeps trust logs
    std::array<std::string, 2> trustHeads{}; // performance, DR; of a secondary: the newest entries of its logs
    std::vector<std::string> chain;          // of a primary: ids of clusters from the root primary down to it
    std::string authority{};                 // of a primary: fingerprint of its transport authority; empty: not told
    std::string trustedAuthority{};          // of a secondary: fingerprint of the authority by which it knows its primary
    WallTime heardAt;                        // the last heartbeat, by our clock; epoch: never
    std::chrono::milliseconds clockSkew{0};
    std::chrono::milliseconds canaryAge{0}; // as told in that heartbeat; 0: no proof of equality yet

    /// The age of the last proof of equality; it grows whether heartbeats come or not. 0: none.
    std::chrono::milliseconds proofAge(WallTime now) const
    {
        if (canaryAge.count() == 0) return {};
        return canaryAge + std::max(std::chrono::milliseconds{0}, std::chrono::duration_cast<std::chrono::milliseconds>(now - heardAt));
    }
};

/// How far a secondary has followed a primary's log; stored in the transaction of each applied batch.
struct Position {
    std::string logId;          // empty: no place in any log, so the next hello reconciles
    LogIndex index;             // everything up to here is applied
    LogIndex consistentFrom;    // reconciled entries may be newer than `index` until the link passes this index
    LogIndex lastRelevantIndex; // the last index that delivered data
    Epoch epoch;                // highest epoch known
    WallTime appliedAt{};       // when the batch was handed to the store; epoch: not known
    std::uint64_t scope = 0;    // LinkFilter::id(); the place in the log is valid only under it

    bool isConsistent() const { return !logId.empty() && index >= consistentFrom; }
    /// Shared entries were salvaged from another member. Shared keys are as of `index` of the log. Local keys are as of `consistentFrom` or
    /// later. So are shared keys of mounts that a filter held back from that member. No primary has a log with such an id, so the next
    /// hello reconciles.
    bool isSalvaged() const;
    bool isSalvagedInPart() const;
    /// Every shared key is here as of this place in the log, or a later one.
    LogIndex sharedThrough() const { return isSalvagedInPart() ? consistentFrom : index; }
    /// The id of the primary's log, also after a salvage.
    std::string primaryLogId() const;
    /// This position after a salvage that reached `through`. `isWhole`: every shared mount has reached it.
    Position salvaged(LogIndex through, bool isWhole) const;
    std::string encode() const;
    static Result<Position> decode(std::string_view text);
    /// The physical key that holds the position of a type.
    static std::string key(Type type);
    /// If no position is stored, or the stored one is damaged: no place in any log.
    static Position stored(const storage::Reader& reader, Type type);
};

} // namespace core::replication
