#pragma once

#include "core/base/secret_bytes.h"
#include "core/replication/wire/link.h"

#include <boost/json/object.hpp>

#include <string>
#include <string_view>

namespace core::replication {

/// Says which cluster became the primary of a replication set, and at which epoch. Each promotion makes one. Its signing key comes from the
/// forest key, which all members have, also former ones. So a genuine statement is a hint, and roles.md says when it counts.
struct EpochStatement {
    Type type{};
    std::string setId;
    Epoch epoch;
    Epoch predecessor; // the epoch that this one ends; 0: the first
    std::string clusterId;
    std::string clusterName;
    std::string apiAddress;
    std::string clusterAddress;
    std::string promotionId; // random: two promotions are never one, even of two copies of one cluster
    WallTime issuedAt;

    /// The order of all statements of a set, the same on every cluster: by epoch, then by cluster id, then by promotion id. So of two
    /// clusters promoted to the same epoch only one stays primary.
    bool isLaterThan(const EpochStatement& other) const;
    /// Of the same promotion. A member that knows the promotion only from the trust log builds the statement itself, with other bytes.
    bool isSameAs(const EpochStatement& other) const;

    /// The statement with its signature, in the form that is stored, sent and shown.
    std::string sign(const SecretBytes& forestKey) const;
    /// Without checking the signature; for statements that this cluster itself has stored. Errors: InvalidArgument.
    static Result<EpochStatement> parse(std::string_view encoded);
};

/// Checks that a holder of one set's key material signed a statement. Holds no secret. Thread-safe.
class StatementVerifier {
public:
    explicit StatementVerifier(const SecretBytes& forestKey);
    /// Errors: InvalidArgument (no statement), PermissionDenied (not signed by the set's key), FailedPrecondition (another type or set).
    Result<EpochStatement> verify(std::string_view encoded, Type type, std::string_view setId) const;

private:
    std::string m_publicKey;
};

/// For people and programs: epoch, cluster, addresses, time.
boost::json::object statementObject(const EpochStatement& statement);

struct Role;
struct Handover;
struct OlderStorage;
/// The refusal of writes while the outcome of a switchover is not known.
std::string settlingText(Type type, const Handover& handover);
/// The latest epoch of the set in this role. With a switchover under way: the epoch of its outcome.
Epoch epochKnown(const Role& role);
/// The refusal of writes on a primary that was replaced: by which cluster, since when, what to do.
std::string replacedText(Type type, const Role& role);
/// The answer to writes on a primary whose storage is older than what members hold.
std::string olderStorageText(Type type, const OlderStorage& older);

} // namespace core::replication
