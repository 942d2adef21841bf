#pragma once

#include "core/base/secret_bytes.h"
#include "core/replication/wire/link.h"

#include <boost/json/object.hpp>

#include <string>
#include <string_view>

namespace core::replication {

/// Who became the primary of a replication set, and at which epoch: made at each promotion and signed with a key that only
/// holders of the set's key material can have used. Whoever is shown a genuine one knows who leads.
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

    /// The order of all statements of a set, the same everywhere: by epoch, and where two clusters have been promoted to the
    /// same epoch by cluster and promotion, so that only one of them stays primary.
    bool isLaterThan(const EpochStatement& other) const;
    /// Of the same promotion. Members that know it from the set's trust log only have made the statement themselves, in other bytes.
    bool isSameAs(const EpochStatement& other) const;

    /// The statement with its signature, as it is stored, sent and shown.
    std::string sign(const SecretBytes& forestKey) const;
    /// Without a look at the signature: for what this cluster has stored itself. Errors: InvalidArgument.
    static Result<EpochStatement> parse(std::string_view encoded);
};

/// Tells genuine statements of one set's key holders from others. Holds no secret. Thread-safe.
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
/// What writes are answered while it is not known how a switchover ended.
std::string settlingText(Type type, const Handover& handover);
/// The latest epoch of the set that the role knows of; with a switchover under way, the one that it would end with.
Epoch epochKnown(const Role& role);
/// What writes are answered on a primary that has been replaced: by whom, since when, what to do.
std::string replacedText(Type type, const Role& role);

} // namespace core::replication
