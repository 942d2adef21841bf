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

/// A secondary that a primary has made an activation token for and not revoked since.
struct KnownSecondary {
    std::string id;
    std::string fingerprint; // of its certificate
    WallTime createdAt;
    WallTime activationUntil{}; // an activation that needs no call to the API ends here; zero: the wrapping token's time counts
    bool isActivated = false;   // it has used its activation
    Succession succession = Succession::AsType;
    std::string memberKey = {}; // that proves it on links (core/trust); empty: it has shown none yet
    std::string tokenKey = {};
    std::vector<std::string> standIns = {}; // keys of its DR copies: one of them may come in its place
    std::string peerFingerprint = {};       // of the certificate that it shows to other members, as told on a link that proved its key
};

/// A switchover that a primary has begun. It is stored before the secondary is offered the role, so that after a crash, or a cut
/// link, this primary does not write before it knows whether the offer was accepted.
struct Handover {
    std::string id;
    std::string secondaryId;                  // to whom
    Epoch epoch;                              // at which that one would be primary
    std::string clusterAddress;               // where it would be
    std::optional<crypto::Identity> identity; // with which this cluster would follow it,
    std::string ownId;                        // as this secondary
    WallTime startedAt;
    std::string entry{};            // the HANDOVER that is offered, signed by this cluster alone; empty: the set has no trust log
    std::string performanceEntry{}; // of the performance set that goes along with the DR role
};

/// A cluster's role in the replication sets of one type: what it must know to take it up again after a restart.
struct Role {
    Mode mode = Mode::Disabled;
    std::string setId;
    Epoch epoch;
    /// Signed (statement.h): of its own promotion, as a primary; as a secondary the latest of the set that it knows.
    std::string statement;

    // As a primary
    std::optional<crypto::Identity> authority;
    std::vector<KnownSecondary> secondaries;
    std::string primaryClusterAddress; // primary: as given at enable or promote; secondary: the first one used
    std::optional<Handover> handover;  // under way, or not known how it ended
    std::string formerId;              // as a secondary, before a switchover made it primary
    std::string successor;             // a later statement that was shown: this primary has been replaced

    // As a secondary
    std::string secondaryId;
    std::optional<crypto::Identity> identity; // none: no primary (demoted, or told to forget it)
    std::string authorityCertificate;         // PEM, of the primary's authority
    std::optional<crypto::Identity> redirect; // to tell late comers who leads now, of a primary that has handed its role over
    std::vector<std::string> primaryAddresses;
    std::vector<std::string> failoverAddresses;
    WallTime lastStart;
    std::int64_t lastReindexUnixSeconds = 0;
    std::string leftKey{};                  // of the leader before, while the new one that this secondary was told of has not welcomed it
    std::string primaryKey{};               // member key of whoever is followed, or has replaced this primary; empty: not known yet
    std::vector<std::string> refused{};     // ids of clusters whose promotion this primary has refused, and
    std::vector<std::string> refusedKeys{}; // their member keys: they succeed nobody here any more
    std::string relayClusterAddress;        // as given when it became a relay: a secondary with an authority and secondaries of its own

    bool isRelay() const { return mode == Mode::Secondary && authority.has_value(); }
    /// Whether other clusters may follow this one in this role.
    bool isServing() const { return (mode == Mode::Primary || mode == Mode::Secondary) && authority.has_value(); }
    /// Takes over what makes `other` a relay.
    void keepRelay(const Role& other);
    bool isReplaced() const { return mode == Mode::Primary && !successor.empty(); }
    /// The latest statement that this cluster knows; empty: none.
    const std::string& latestStatement() const { return successor.empty() ? statement : successor; }
    Role clone() const;
    const KnownSecondary* find(std::string_view id) const;

    std::string encode() const;
    /// Errors: Corrupt.
    static Result<Role> decode(std::string_view text);

    /// The physical key that holds the role of a type. A DR secondary inherits its primary's performance role by
    /// replication; its own DR role is its alone.
    static std::string key(Type type);
    /// Errors: Sealed, Corrupt, Io. A role that was never stored is Disabled.
    static Result<Role> load(const barrier::Scope& scope, Type type);
    Result<> store(const barrier::Scope& scope, Type type) const;
};

} // namespace core::replication
