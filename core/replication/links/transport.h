#pragma once

#include "core/crypto/x509.h"
#include "core/replication/seams/forwarder.h"
#include "core/replication/seams/key_source.h"
#include "core/replication/wire/link.h"
#include "core/replication/set/members.h"
#include "core/replication/wire/peer.pb.h"
#include "core/replication/set/role.h"
#include "core/replication/links/secondary_link.h"
#include "core/replication/links/trust_inbox.h"
#include "core/replication/wire/wire.pb.h"

#include <functional>
#include <map>
#include <optional>

namespace core::replication {

/// What the cluster port has to do for one type: be a primary for these secondaries, or follow that primary, or both (a relay),
/// or nothing.
struct LinkPlan {
    Type type = Type::Performance;
    Mode mode = Mode::Disabled; // Primary or Secondary; anything else: nothing
    LocalInfo local;
    std::optional<crypto::Identity> peerIdentity; // for other members, whatever the mode; none: nobody is spoken to

    // Of whoever is followed: a primary, or a secondary that relays
    std::optional<crypto::Identity> serverIdentity;
    std::string ownAuthority;                       // PEM
    std::map<std::string, std::string> secondaries; // fingerprint of the certificate to id

    // Secondary
    std::string secondaryId;
    std::optional<crypto::Identity> identity;
    std::string authorityCertificate;   // PEM, of the primary's authority
    std::vector<std::string> addresses; // of the primary, then of clusters that would take its place
    Members members;                    // of the set, as told last; of a primary: those that it knows besides its own secondaries
    struct Seat {                       // of a secondary, beside its certificate
        Succession succession = Succession::AsType;
        std::string memberKey;             // it must prove this one, if it is known
        std::vector<std::string> standIns; // or one of these
        std::string tokenKey{};
        std::string peerFingerprint{}; // as stored
    };
    std::map<std::string, Seat> seats; // by id
    std::string primaryKey;            // whoever is followed must prove this one, if it is known
    /// Certificates of members by member key, as the set's trust log has them: a member that the log has one for is admitted and asked by that alone.
    std::map<std::string, std::string> pins;
    std::vector<std::string> leaderKeys; // or, where this cluster keeps the set's trust log, one of these
    bool isRelay = false;                // a secondary that is followed itself
    bool keepsLink = false;              // whom this cluster follows is as before: a link that runs goes on

    bool isServing() const { return mode == Mode::Primary || isRelay; }
};

/// The name that a primary's certificate bears, and no secondary's does.
inline constexpr const char* kPrimaryServerName = "primary.replication.holdfast";

/// What has gone over one end of a type's connections since the port opened.
struct LinkCounts {
    std::uint64_t authenticated = 0; // connections with a known certificate; of a secondary: that were ready
    std::uint64_t bootstraps = 0;
    std::uint64_t hellos = 0;
    std::uint64_t guardsFound = 0, guardsMissing = 0; // hellos answered by a stream, by a reconciliation
    std::uint64_t pageLeaves = 0;                     // frames with the leaves of a page
    std::uint64_t entries = 0, records = 0;           // frames of a secondary that brought data
    std::uint64_t heartbeats = 0;                     // received
    std::uint64_t forwards = 0;

    LinkCounts& operator+=(const LinkCounts& other);
};

/// How the links of one type are doing.
struct LinkStatus {
    LinkCounts asPrimary, asSecondary;
    struct Secondary { // of a primary
        std::string id;
        PeerInfo peer;
        bool isConnected = false;
    };
    std::vector<Secondary> secondaries;

    // of a secondary
    bool isRelaying = false;                // and serves those below it now
    bool isRunning = false;                 // there is a primary to follow
    std::shared_ptr<const Members> members; // of the set, as that one has told them last; null: nobody is followed
    std::string connectionState;            // "ready", "connecting", "idle", "transient_failure", "shutdown"
    SecondaryLink::State state = SecondaryLink::State::Idle;
    std::string address; // in use
    PeerInfo primary;
    std::string primaryKey; // member key that it has proved on the link that is up; empty: there is none
    Position position;
    bool isInSync = false;
    bool isCaughtUp = false;
    SecondaryLink::Progress progress;
    SecondaryLink::Statistics statistics;
    std::optional<std::chrono::milliseconds> canaryAge;
    SecondaryLink::Equality equality;
    std::string lastError;
};

struct BootstrapOrder {
    Type type = Type::Performance;
    std::string setId;
    std::string secondaryId;
    const crypto::Identity* identity = nullptr;
    std::string authorityCertificate;
    std::string address;
    bool isDev = false;
    std::string primaryKey{}; // member key that must have signed the answer; empty: not known
    std::string program = HOLDFAST_VERSION;
    std::chrono::milliseconds timeout{10'000};
};

/// The cluster port as the manager uses it. Thread-safe.
class Transport {
public:
    virtual ~Transport() = default;
    /// Replaces what is done for the plan's type; connections that it no longer allows are cut before this returns.
    virtual void setPlan(LinkPlan plan) = 0;
    virtual LinkStatus report(Type type) const = 0;
    /// Asks a primary for what a new secondary begins with. Blocking, at most 10 s.
    /// Errors: Unavailable, Timeout, PermissionDenied, Corrupt.
    virtual Result<wire::BootstrapPackage> fetchBootstrap(const BootstrapOrder& order) = 0;

    /// Tells a secondary a step of a switchover. False: it is not linked, and nothing is sent.
    virtual bool sendHandover(Type, const std::string& /*secondaryId*/, const wire::Handover&) { return false; }
    /// Answers the primary's step; nothing is sent where the link is gone.
    virtual void answerHandover(Type, const wire::HandoverAnswer&) {}

    /// The members of the sets that this cluster is in, itself not among them: those that its primaries have told, and its own
    /// secondaries.
    virtual Members members() const { return {}; }
    /// Asks another member. Blocking, at most so long. Errors: Unavailable, Timeout, PermissionDenied (it does not know this
    /// cluster, or is another than the list says), Corrupt, FailedPrecondition (it refused the question).
    virtual Result<wire::PeerAnswer> ask(const Member&, const wire::PeerRequest&, std::chrono::milliseconds)
    {
        return Error{ErrorCode::Unavailable, "this cluster speaks to no other members"};
    }
};

/// Who has shown a link an epoch statement.
struct StatementSource {
    bool isPrimarys = false; // the primary that is followed, whose word is enough
    bool isFollowed = false; // and of its own promotion
    std::string leaderKey{}; // member key of whoever leads by it, as the primary has proved or told; empty: not known
    std::string from;        // name and address, for the log
    std::string trustHead{}; // of its trust log, as it says; empty: not known
};

/// A new secondary that asks what it begins with, and has proved its member key on the connection.
struct BootstrapAsk {
    Type type = Type::Performance;
    std::string secondaryId;
    bool isDev = false;
    std::string memberKey{};   // empty: an older version, which has none
    std::string replacedKey{}; // of this seat, that `memberKey` has replaced, as that one has signed; empty: none
    std::string tokenKey{};
    std::string peerFingerprint{};
    std::string program{}; // its version; empty: it told none
};

/// What a secondary has proved on its link (the first), and told of itself on it.
struct SecondaryClaim {
    std::string memberKey{};
    std::string replacedKey{}; // of its seat, that `memberKey` has replaced; empty: none
    std::string tokenKey{};
    std::vector<std::string> standIns{}; // of its copies
    std::string peerFingerprint{};
    bool operator==(const SecondaryClaim&) const = default;
};

/// What a link has brought of trust logs.
struct TrustTold {
    Type link = Type::Performance;
    TrustMessage message;
    std::string provenKey{}; // of the primary that is followed; empty: another cluster's word
    std::string from{};      // name and address, for the log
};

/// What the cluster port tells and asks; called on its thread, to be answered quickly.
class TransportEvents {
public:
    virtual ~TransportEvents() = default;
    /// `done` is called once, from any thread.
    virtual void bootstrapPackage(BootstrapAsk ask, std::function<void(Result<wire::BootstrapPackage>)> done) = 0;
    /// A peer has shown a genuine statement later than ours.
    virtual void laterStatement(Type type, std::string statement, StatementSource source) = 0;
    /// A heartbeat of the primary told other addresses than before.
    virtual void primaryAddresses(Type type, std::vector<std::string> cluster, std::vector<std::string> failover) = 0;
    /// A secondary has answered a step of a switchover.
    virtual void handoverAnswered(Type, const std::string& /*secondaryId*/, wire::HandoverAnswer) {}
    /// The primary offers its role to this secondary, or takes an offer back.
    virtual void handoverAsked(Type, wire::Handover) {}
    /// A batch was applied: these physical keys have other values now.
    virtual void applied(Type type, const std::vector<std::string>& keys) = 0;
    /// The primary sent the keys of the set (barrier::KeyBundle). `done` runs on any thread when they are stored, or could not be.
    virtual void keysSent(Type, SecretBytes /*bundle*/, std::function<void(Result<>)> done) { done({}); }
    /// A secondary told the public half of its token key.
    virtual void tokenKeyTold(Type, const std::string& /*secondaryId*/, std::string /*publicKey*/) {}
    /// The primary told the token keys of the set; `done` runs on any thread when they are stored.
    virtual void tokenKeysSent(std::string /*makers*/, std::function<void()> done) { done(); }
    /// The other end of a link has told entries of a trust log.
    virtual void trustTold(TrustTold) {}
    /// Null: keys stay as they are.
    virtual const KeySource* keySource() const { return nullptr; }
    /// The primary has told another list of members than before.
    virtual void membersTold(Type, const Members&) {}
    /// Of a primary: a linked secondary has proved a member key, or told other keys of copies or another certificate, than is known of it.
    virtual void secondaryProven(Type, const std::string& /*secondaryId*/, SecondaryClaim) {}
    /// Of a secondary: its primary has proved a member key, where none was known (`replacedKey` is empty), or a new one.
    virtual void primaryProven(Type, std::string /*memberKey*/, std::string /*replacedKey*/) {}
    /// Of a primary: its own secondaries of the type have said something else of themselves than before.
    virtual void secondariesHeard(Type, const Members&) {}
};

} // namespace core::replication
