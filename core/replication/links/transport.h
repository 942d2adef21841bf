#pragma once

#include "core/crypto/x509.h"
#include "core/replication/seams/forwarder.h"
#include "core/replication/seams/key_source.h"
#include "core/replication/wire/link.h"
#include "core/replication/set/members.h"
#include "core/replication/wire/peer.pb.h"
#include "core/replication/set/role.h"
#include "core/replication/links/secondary_link.h"
#include "core/replication/proofs/trust_inbox.h"
#include "core/replication/wire/wire.pb.h"

#include <functional>
#include <map>
#include <optional>

namespace core::replication {

/// What the cluster port does for one type: serve these secondaries, follow that primary, both (a relay), or nothing.
struct LinkPlan {
    Type type = Type::Performance;
    Mode mode = Mode::Disabled; // Primary or Secondary; anything else: nothing
    LocalInfo local;
    std::optional<crypto::Identity> peerIdentity; // for other members, in every mode; none: this cluster talks to no member

    // On a primary and on a relay
    std::optional<crypto::Identity> serverIdentity;
    std::string ownAuthority;                       // PEM
    std::map<std::string, std::string> secondaries; // fingerprint of the certificate to id

    // On a secondary
    std::string secondaryId;
    std::optional<crypto::Identity> identity;
    std::string authorityCertificate;   // PEM, of the primary's authority
    std::vector<std::string> addresses; // of the primary, then of clusters that would take its place
    Members members;                    // of the set, from the last list; on a primary: without its own secondaries
    struct Seat {                       // of a secondary, in addition to its certificate
        Succession succession = Succession::AsType;
        std::string memberKey;             // the secondary must prove this key, if one is known
        std::vector<std::string> standIns; // or one of these
        std::string tokenKey{};
        std::string peerFingerprint{};   // as stored
        bool isAuthorityWaiting = false; // it has not told yet that it trusts this cluster's transport authority
    };
    std::map<std::string, Seat> seats; // by id
    std::string primaryKey;            // the other end must prove this key, if one is known
    /// Certificates of members by member key, from the set's trust log. A member with a certificate there is admitted and asked by that
    /// certificate only.
    std::map<std::string, std::string> pins;
    std::vector<std::string> leaderKeys; // or, if this cluster keeps the set's trust log, one of these
    bool isRelay = false;                // a secondary with secondaries of its own
    bool keepsLink = false;              // this cluster follows the same cluster as before: a running link continues

    bool isServing() const { return mode == Mode::Primary || isRelay; }
};

/// The DNS name in a primary's certificate. No secondary's certificate has it.
inline constexpr const char* kPrimaryServerName = "primary.replication.holdfast";

/// Traffic of one end of a type's connections since the port opened.
struct LinkCounts {
    std::uint64_t authenticated = 0; // connections with a known certificate; on a secondary: that became ready
    std::uint64_t bootstraps = 0;
    std::uint64_t hellos = 0;
    std::uint64_t guardsFound = 0, guardsMissing = 0; // hellos answered by a stream, by a reconciliation
    std::uint64_t pageLeaves = 0;                     // frames with the leaves of a page
    std::uint64_t entries = 0, records = 0;           // frames with data that a secondary received
    std::uint64_t heartbeats = 0;                     // received
    std::uint64_t forwards = 0;

    LinkCounts& operator+=(const LinkCounts& other);
};

/// How a secondary's connection to its primary is.
enum class ConnectionState {
    None, // nobody is followed
    Connecting,
    Ready,
    Failing, // the last attempt failed; another one follows
};
/// "", "connecting", "ready", "transient_failure": the words of the API.
std::string_view toString(ConnectionState state);

/// The state of the links of one type.
struct LinkStatus {
    LinkCounts asPrimary, asSecondary;
    struct Secondary { // of a primary
        std::string id;
        PeerInfo peer;
        bool isConnected = false;
    };
    std::vector<Secondary> secondaries;

    // on a secondary
    bool isRelaying = false;                // and it serves its own secondaries now
    bool isRunning = false;                 // there is a primary to follow
    std::shared_ptr<const Members> members; // of the set, from the last list of the primary; null: nobody is followed
    ConnectionState connection = ConnectionState::None;
    SecondaryState state = SecondaryState::Idle;
    std::string address; // in use
    PeerInfo primary;
    std::string primaryKey;        // member key that the primary proved on the present link; empty: there is none
    bool isAuthorityOther = false; // the primary has, or seems to have, another transport authority than this cluster knows
    Position position;
    bool isInSync = false;
    bool isCaughtUp = false;
    SecondaryProgress progress;
    SecondaryStatistics statistics;
    std::optional<std::chrono::milliseconds> canaryAge;
    LinkEquality equality;
    std::string lastError;       // of the attempt that tells most: a refusal before a connection that failed
    std::string lastErrorAdvice; // what to do about it, where it is a refusal that the next attempt does not end
};

struct BootstrapOrder {
    Type type = Type::Performance;
    std::string setId;
    std::string secondaryId;
    const crypto::Identity* identity = nullptr;
    std::string authorityCertificate;
    std::string address;
    bool isDev = false;
    std::string primaryKey{}; // the answer must have this member key's signature; empty: not known
    std::string program = HOLDFAST_VERSION;
    std::chrono::milliseconds timeout{10'000};
};

/// The cluster port as the manager sees it. Thread-safe.
class Transport {
public:
    virtual ~Transport() = default;
    /// Replaces the plan of its type. Before it returns, connections that the new plan does not allow are closed.
    virtual void setPlan(LinkPlan plan) = 0;
    virtual LinkStatus report(Type type) const = 0;
    /// Asks a primary for the bootstrap package of a new secondary. Blocking, at most 10 s. Errors: Unavailable, Timeout, PermissionDenied,
    /// Corrupt.
    virtual Result<wire::BootstrapPackage> fetchBootstrap(const BootstrapOrder& order) = 0;

    /// Sends a secondary a step of a switchover. False: it has no link, and nothing is sent.
    virtual bool sendHandover(Type, const std::string& /*secondaryId*/, const wire::Handover&) { return false; }
    /// Answers the primary's step. Without a link, nothing is sent.
    virtual void answerHandover(Type, const wire::HandoverAnswer&) {}

    /// The members of the sets of this cluster, without itself: those from its primaries' lists, and its own secondaries.
    virtual Members members() const { return {}; }
    /// Asks another member. Blocking, at most this long. Errors: Unavailable, Timeout, PermissionDenied (it does not know this cluster, or
    /// is not the member of the list), Corrupt, FailedPrecondition (it refused the question).
    virtual Result<wire::PeerAnswer> ask(const Member&, const wire::PeerRequest&, std::chrono::milliseconds)
    {
        return Error{ErrorCode::Unavailable, "this cluster speaks to no other members"};
    }
};

/// Which cluster has shown an epoch statement on a link.
struct StatementSource {
    bool isPrimarys = false; // the primary that is followed; its word is enough
    bool isFollowed = false; // and the statement is of its own promotion
    std::string leaderKey{}; // member key of the cluster that leads by it, as the primary has proved or told; empty: not known
    std::string from;        // name and address, for the log
    std::string trustHead{}; // the head of its trust log, as it says; empty: not known
};

/// A new secondary that asks for its bootstrap package and has proved its member key on the connection.
struct BootstrapAsk {
    Type type = Type::Performance;
    std::string secondaryId;
    bool isDev = false;
    std::string memberKey{};   // empty: an older version, which has none
    std::string replacedKey{}; // the former key of this seat that `memberKey` replaced, with its signature; empty: none
    std::string tokenKey{};
    std::string peerFingerprint{};
    std::string program{}; // its version; empty: not reported
};

/// The key that a secondary has proved on its link, and what it told about itself there.
struct SecondaryClaim {
    std::string memberKey{};
    std::string replacedKey{}; // former key of its seat that `memberKey` replaced; empty: none
    std::string tokenKey{};
    std::vector<std::string> standIns{}; // of its copies
    std::string peerFingerprint{};
    std::string trustedAuthority{}; // fingerprint
    bool operator==(const SecondaryClaim&) const = default;
};

/// Entries of trust logs from a link.
struct TrustTold {
    Type link = Type::Performance;
    TrustMessage message;
    std::string provenKey{}; // of the primary that is followed; empty: another cluster sent it
    std::string from{};      // name and address, for the log
};

/// What the cluster port reports and asks. Called on the port's thread, so each function must return quickly.
class TransportEvents {
public:
    virtual ~TransportEvents() = default;
    /// `done` is called once, from any thread.
    virtual void bootstrapPackage(BootstrapAsk ask, std::function<void(Result<wire::BootstrapPackage>)> done) = 0;
    /// Another cluster has shown a genuine statement later than ours.
    virtual void laterStatement(Type type, std::string statement, StatementSource source) = 0;
    /// A heartbeat of the primary named other addresses than before.
    virtual void primaryAddresses(Type type, std::vector<std::string> cluster, std::vector<std::string> failover) = 0;
    /// A secondary has answered a step of a switchover.
    virtual void handoverAnswered(Type, const std::string& /*secondaryId*/, wire::HandoverAnswer) {}
    /// The primary offers its role to this secondary, or takes an offer back.
    virtual void handoverAsked(Type, wire::Handover) {}
    /// The primary sent the keys of the set (barrier::KeyBundle). `done` runs on any thread, after they are stored or could not be stored.
    virtual void keysSent(Type, SecretBytes /*bundle*/, std::function<void(Result<>)> done) { done({}); }
    /// A secondary sent the public half of its token key.
    virtual void tokenKeyTold(Type, const std::string& /*secondaryId*/, std::string /*publicKey*/) {}
    /// The primary sent the token keys of the set. `done` runs on any thread after they are stored.
    virtual void tokenKeysSent(std::string /*makers*/, std::function<void()> done) { done(); }
    /// The other end of a link has sent entries of a trust log.
    virtual void trustTold(TrustTold) {}
    /// Null: keys stay as they are.
    virtual const KeySource* keySource() const { return nullptr; }
    /// The primary has sent another list of members than before.
    virtual void membersTold(Type, const Members&) {}
    /// On a primary: a linked secondary has proved another member key than is known, or reported other keys of copies or another certificate.
    virtual void secondaryProven(Type, const std::string& /*secondaryId*/, SecondaryClaim) {}
    /// On a secondary: its primary has proved a member key. None was known (`replacedKey` is empty), or it replaces the known one.
    virtual void primaryProven(Type, std::string /*memberKey*/, std::string /*replacedKey*/) {}
    /// On a primary: its own secondaries of the type have reported something new about themselves.
    virtual void secondariesHeard(Type, const Members&) {}
};

} // namespace core::replication
