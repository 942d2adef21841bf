#pragma once

#include "core/replication/set/role.h"
#include "core/replication/set/statement.h"
#include "core/trust/trust_log.h"

#include <optional>

// What roles and trust logs (core/trust) say of each other. Pure: no I/O, no clock.

namespace core::replication {

/// A role that is about to be stored, with what the entry of the trust log needs that goes into the same transaction.
struct RoleChange {
    Type type = Type::Performance;
    const Role& before;
    const Role& next;
    const Role& drBefore; // DR secondaries of a performance primary stand in for it
    const Role& drNext;
    const trust::MemberKeys& keys;
    trust::Leader leader;        // this cluster
    std::string peerFingerprint; // of this cluster's certificate for other members; empty: it has none yet
    WallTime now;
    const trust::MemberKeys* replaced = nullptr; // the keys that `keys` replace; null: none do
    std::uint64_t acknowledged = 0;              // generation of the newest list of now that every secondary is known to hold
};

/// The trust log as it is stored with the role: with an entry more where the set's list, its leader or its epoch changes.
/// - a primary without a log: FOUND
/// - the leader: ROSTER where the list differs; REFUSAL where it takes a later epoch than a cluster to which it had offered the role
/// - a primary that was replaced and goes on: REFUSAL of what replaced it
/// - a cluster that becomes the primary: TAKEOVER with the right to succeed, else FOUND, which others take by an operator's act only
/// Anything else leaves the log as it is. Nothing: there is none any more. Errors: TooLarge, FailedPrecondition.
Result<std::optional<trust::TrustLog>> advanced(const std::optional<trust::TrustLog>& log, const RoleChange& change);

/// The log of a primary that was recovered from saved contents: a FOUND that names the last entry known before (`former`, null: none) and lists this
/// cluster alone. Every member takes it by an operator's token.
Result<trust::TrustLog> recovered(const trust::TrustLog* former, const RoleChange& change);

/// The HANDOVER to `next`, signed by this cluster alone. Errors: TooLarge, FailedPrecondition (not this cluster's to hand over).
Result<trust::Entry> offeredEntry(const trust::TrustLog& log, const trust::MemberKeys& keys, const std::string& nextKey, const trust::Leader& next,
                                  Epoch epoch, const std::string& promotionId, WallTime now);

/// Keys of which a cluster that is followed must prove one: the leader's, then those of members that may succeed it.
std::vector<std::string> leaderKeys(const trust::TrustLog& log);

/// Who leads by the log's head, as an epoch statement.
EpochStatement statementOf(const trust::TrustLog& log, Type type);
/// Whether the log's head stands for the promotion that the statement tells of.
bool isProvedBy(const EpochStatement& statement, const trust::TrustLog& log);

/// The leader before has refused the one that this secondary was told of, and that one has never welcomed it: it stays with the leader before,
/// and no operator is asked. The contested REFUSAL's hash; nothing: there is none.
std::optional<std::string> refusalOfUnfollowed(const Role& role, const trust::TrustLog& log);

/// The role as it follows from the log: a primary that was replaced knows its successor, a secondary follows the leader, and a leader
/// knows no secondaries that others have revoked.
Role followed(const Role& role, Type type, const trust::TrustLog& log, std::string_view ownKey, const SecretBytes& forestKey);

} // namespace core::replication
