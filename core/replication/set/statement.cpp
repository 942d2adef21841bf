#include "core/replication/set/statement.h"

#include "core/crypto/ed25519.h"
#include "core/replication/set/role.h"
#include "core/replication/wire/wire.pb.h"

#include <algorithm>
#include <tuple>

namespace core::replication {

namespace {

constexpr std::size_t kStatementBytesMax = 8u << 10;
constexpr std::uint64_t kEpochStepMax = 16;
constexpr std::string_view kPurpose = "holdfast epoch statement v1";
constexpr std::string_view kSignedPrefix = "holdfast epoch statement v1\n"; // this key signs nothing else

crypto::Ed25519Key keyFrom(const SecretBytes& forestKey)
{
    return crypto::Ed25519Key::fromSeed(crypto::deriveKey(forestKey, kPurpose));
}

std::string signedText(std::string_view statement)
{
    return std::string{kSignedPrefix}.append(statement);
}

Error notStatement()
{
    return Error{ErrorCode::InvalidArgument, "not an epoch statement"};
}

Result<wire::SignedStatement> unwrap(std::string_view encoded)
{
    wire::SignedStatement outer;
    const bool isGood =
        encoded.size() <= kStatementBytesMax && outer.ParseFromArray(encoded.data(), static_cast<int>(encoded.size())) && !outer.statement().empty();
    if (!isGood) return notStatement();
    return outer;
}

Result<EpochStatement> read(const wire::SignedStatement& outer)
{
    wire::EpochStatement inner;
    if (!inner.ParseFromString(outer.statement())) return notStatement();
    const bool isDr = inner.type() == toString(Type::Dr);
    if (!isDr && inner.type() != toString(Type::Performance)) return notStatement();
    EpochStatement statement;
    statement.type = isDr ? Type::Dr : Type::Performance;
    statement.setId = inner.set_id();
    statement.epoch = Epoch{inner.epoch()};
    statement.predecessor = Epoch{inner.predecessor()};
    statement.clusterId = inner.cluster_id();
    statement.clusterName = inner.cluster_name();
    statement.apiAddress = inner.api_address();
    statement.clusterAddress = inner.cluster_address();
    statement.promotionId = inner.promotion_id();
    statement.issuedAt = fromUnixMs(inner.issued_unix_ms());
    return statement;
}

} // namespace

bool EpochStatement::isLaterThan(const EpochStatement& other) const
{
    // No set is promoted so often without this cluster noticing. If larger steps were accepted, somebody with the forest key could use up
    // the epochs.
    if (epoch > other.epoch && epoch.value() - other.epoch.value() > kEpochStepMax) return false;
    return std::tie(epoch, clusterId, promotionId) > std::tie(other.epoch, other.clusterId, other.promotionId);
}

bool EpochStatement::isSameAs(const EpochStatement& other) const
{
    return std::tie(type, setId, epoch, clusterId, promotionId) == std::tie(other.type, other.setId, other.epoch, other.clusterId, other.promotionId);
}

std::string EpochStatement::sign(const SecretBytes& forestKey) const
{
    wire::EpochStatement inner;
    inner.set_type(std::string{toString(type)});
    inner.set_set_id(setId);
    inner.set_epoch(epoch.value());
    inner.set_predecessor(predecessor.value());
    inner.set_cluster_id(clusterId);
    inner.set_cluster_name(clusterName);
    inner.set_api_address(apiAddress);
    inner.set_cluster_address(clusterAddress);
    inner.set_promotion_id(promotionId);
    inner.set_issued_unix_ms(toUnixMs(issuedAt));
    wire::SignedStatement outer;
    outer.set_statement(inner.SerializeAsString());
    outer.set_signature(keyFrom(forestKey).sign(signedText(outer.statement())));
    return outer.SerializeAsString();
}

Result<EpochStatement> EpochStatement::parse(std::string_view encoded)
{
    const auto outer = unwrap(encoded);
    if (!outer) return outer.error();
    return read(*outer);
}

StatementVerifier::StatementVerifier(const SecretBytes& forestKey) : m_publicKey{keyFrom(forestKey).publicKey()} {}

Result<EpochStatement> StatementVerifier::verify(std::string_view encoded, Type type, std::string_view setId) const
{
    const auto outer = unwrap(encoded);
    if (!outer) return outer.error();
    if (!crypto::isSignedBy(m_publicKey, signedText(outer->statement()), outer->signature())) {
        return Error{ErrorCode::PermissionDenied, "the epoch statement is not signed by a cluster of this replication set"};
    }
    auto statement = read(*outer);
    if (!statement) return statement;
    if (statement->type != type || statement->setId != setId) {
        return Error{ErrorCode::FailedPrecondition, "the epoch statement is of another replication set"};
    }
    return statement;
}

boost::json::object statementObject(const EpochStatement& statement)
{
    return {{"epoch", statement.epoch.value()},          {"predecessor_epoch", statement.predecessor.value()},
            {"cluster_name", statement.clusterName},     {"cluster_id", statement.clusterId},
            {"api_address", statement.apiAddress},       {"cluster_address", statement.clusterAddress},
            {"issued_at", toRfc3339(statement.issuedAt)}};
}

std::string replacedText(Type type, const Role& role)
{
    const std::string typeText{toString(type)};
    std::string text = "this cluster has been replaced as the " + typeText + " primary of its set";
    if (const auto by = EpochStatement::parse(role.successor)) {
        text += " by " + (by->clusterName.empty() ? std::string{"another cluster"} : "\"" + by->clusterName + "\"");
        if (!by->apiAddress.empty()) text += " (" + by->apiAddress + ")";
        text += ", epoch " + core::toString(by->epoch) + " of " + toRfc3339(by->issuedAt);
    }
    return text + "; send writes there, and demote this cluster (sys/replication/" + typeText +
           "/primary/demote) so that it can follow. If that promotion is false, refuse it (sys/replication/" + typeText +
           "/primary/refuse-successor, with key shares)";
}

std::string olderStorageText(Type type, const OlderStorage& older)
{
    const std::string path = "sys/replication/" + std::string{toString(type)} + "/primary/";
    return "this storage is older than what members hold: this primary has signed list " + std::to_string(older.heldGeneration) + " of the " +
           (older.isDrLog ? "DR" : "performance") + " set's members, and its storage ends with list " + std::to_string(older.ownGeneration) +
           ". The storage was put back to an earlier time, and members may have newer data. Until an operator decides, this cluster accepts no writes and "
           "serves no member, so the data of the members is safe. To keep it, demote this cluster (" +
           path +
           "demote), promote the member that holds most and let this cluster follow it. To continue with this storage and lose what only members "
           "have, resume it with key shares (" +
           path + "resume; holdfast replication resume-primary)";
}

std::string settlingText(Type type, const Handover& handover)
{
    return "a switchover of the " + std::string{toString(type)} + " primary role to \"" + handover.secondaryId + "\" (epoch " +
           core::toString(handover.epoch) + ") is under way; writes wait until it is known whether that cluster has accepted";
}

Epoch epochKnown(const Role& role)
{
    Epoch known = role.epoch;
    if (const auto statement = EpochStatement::parse(role.latestStatement())) known = std::max(known, statement->epoch);
    if (role.handover) known = std::max(known, role.handover->epoch);
    return known;
}

} // namespace core::replication
