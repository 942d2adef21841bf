#pragma once

#include "core/barrier/scope.h"
#include "core/crypto/x509.h"
#include "core/replication/wire/link.h"

#include <optional>
#include <string>
#include <vector>

namespace core::replication {

enum class Mode { Disabled = 0, Primary = 1, Secondary = 2, Bootstrapping = 3 };

/// "disabled", "primary", "secondary", "bootstrapping".
std::string_view toString(Mode mode);

/// Whether a member ever held the private key of the transport authority. Not known counts as yes.
enum class AuthorityHeld { NotKnown = 0, Yes = 1, No = 2 };

/// A secondary for which the primary made an activation token, and which was not revoked since.
struct KnownSecondary {
    std::string id;
    std::string fingerprint; // of its certificate
    WallTime createdAt;
    WallTime activationUntil{}; // a sealed activation (no API call) ends here; zero: the wrapping token's time counts
    bool isActivated = false;   // the activation was used
    Succession succession = Succession::AsType;
    std::string memberKey = {}; // proves the secondary on links (core/trust); empty: none shown yet
    std::string tokenKey = {};
    std::vector<std::string> standIns = {}; // keys of its DR copies: one of them may take its place
    std::string peerFingerprint = {};       // of the certificate that it shows to other members, as told on a link that proved its key
    AuthorityHeld authorityHeld = AuthorityHeld::NotKnown;
    std::uint64_t keyRenewal = 0; // of a relay's: how often new keys had been demanded when its member key came, and one; 0: not known
};

/// A switchover that a primary has begun. It is stored before the primary offers the role. So after a crash or a cut link this primary
/// writes nothing before it knows whether the secondary accepted.
struct Handover {
    std::string id;
    std::string secondaryId;                  // gets the role
    Epoch epoch;                              // its epoch as primary
    std::string clusterAddress;               // its address as primary
    std::optional<crypto::Identity> identity; // with which this cluster would follow it,
    std::string ownId;                        // under this id
    WallTime startedAt;
    std::string entry{};            // the HANDOVER that is offered, signed by this cluster alone; empty: the set has no trust log
    std::string performanceEntry{}; // of the performance set that goes along with the DR role
};

/// Members hold lists of a trust log that this cluster has signed itself and that its storage lacks: the storage was put back to an earlier time.
struct OlderStorage {
    std::uint64_t heldGeneration = 0; // of the newest such list
    std::uint64_t ownGeneration = 0;  // of the last list that was stored here
    WallTime noticedAt{};
    bool isDrLog = false; // of the DR set's log; else of the performance set's
};

/// A cluster's role in the replication set of one type: everything that it needs to continue after a restart.
struct Role {
    Mode mode = Mode::Disabled;
    std::string setId;
    Epoch epoch;
    /// Signed (statement.h). On a primary: of its own promotion. On a secondary: the latest of the set that it knows.
    std::string statement;

    // As a primary
    std::optional<crypto::Identity> authority;
    std::vector<KnownSecondary> secondaries;
    std::string primaryClusterAddress; // primary: as given at enable or promote; secondary: the first one used
    std::optional<Handover> handover;  // under way, or the outcome is not known
    std::string formerId;              // its id as a secondary, before a switchover made it primary
    std::string successor;             // a later statement that was shown: another cluster has replaced this primary

    // As a secondary
    std::string secondaryId;
    std::optional<crypto::Identity> identity; // none: no primary (demoted, or told to forget it)
    std::string authorityCertificate;         // PEM, of the primary's authority
    std::optional<crypto::Identity> redirect; // of a primary that has handed over its role: tells late callers who leads now
    std::vector<std::string> primaryAddresses;
    std::vector<std::string> failoverAddresses;
    WallTime lastStart;
    std::int64_t lastReindexUnixSeconds = 0;
    std::string leftKey{};                  // of the previous leader, until the new leader has welcomed this secondary
    std::string primaryKey{};               // member key of the cluster that is followed, or that has replaced this primary; empty: not known yet
    std::vector<std::string> refused{};     // ids of clusters whose promotion this primary has refused, and
    std::vector<std::string> refusedKeys{}; // their member keys: they succeed nobody here any more
    std::string relayClusterAddress;        // as given when it became a relay: a secondary with an authority and secondaries of its own
    /// Of a primary with a new authority: ids of secondaries that have not reported yet that they trust it.
    std::vector<std::string> authorityWaiting{};
    std::optional<OlderStorage> olderStorage{}; // of a primary: it takes no writes before an operator has decided

    bool isRelay() const { return mode == Mode::Secondary && authority.has_value(); }
    /// Whether other clusters may follow this one in this role.
    bool isServing() const { return (mode == Mode::Primary || mode == Mode::Secondary) && authority.has_value(); }
    /// Copies the parts that make `other` a relay.
    void keepRelay(const Role& other);
    bool isOlder() const { return mode == Mode::Primary && olderStorage.has_value(); }
    bool isReplaced() const { return mode == Mode::Primary && !successor.empty(); }
    /// The latest statement that this cluster knows; empty: none.
    const std::string& latestStatement() const { return successor.empty() ? statement : successor; }
    Role clone() const;
    const KnownSecondary* find(std::string_view id) const;

    std::string encode() const;
    /// Errors: Corrupt.
    static Result<Role> decode(std::string_view text);

    /// The physical key that holds the role of a type. A DR secondary inherits its primary's performance role by replication. The DR role
    /// is never replicated.
    static std::string key(Type type);
    /// Errors: Sealed, Corrupt, Io. A role that was never stored is Disabled.
    static Result<Role> load(const barrier::Scope& scope, Type type);
    Result<> store(const barrier::Scope& scope, Type type) const;
};

} // namespace core::replication
