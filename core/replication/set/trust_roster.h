#pragma once

#include "core/replication/set/role.h"
#include "core/replication/set/statement.h"
#include "core/trust/trust_log.h"

#include <optional>

// Translates between roles and trust logs (core/trust). Pure: no I/O, no clock.

namespace core::replication {

/// A role that is about to be stored, with everything needed to make the entry of the trust log for the same transaction.
struct RoleChange {
    Type type = Type::Performance;
    const Role& before;
    const Role& next;
    const Role& drBefore; // DR secondaries of a performance primary are its stand-ins
    const Role& drNext;
    const trust::MemberKeys& keys;
    trust::Leader leader;        // this cluster
    std::string peerFingerprint; // of this cluster's certificate for other members; empty: it has none yet
    WallTime now;
    const trust::MemberKeys* replaced = nullptr; // the keys that `keys` replace; null: none do
    std::uint64_t acknowledged = 0;              // the generation of the newest list that every secondary is known to hold
};

/// The trust log to store with the role. It gets a new entry if the set's list, its leader or its epoch changes:
/// - a primary without a log: FOUND
/// - the leader: ROSTER if the list differs; REFUSAL if it takes a later epoch than a cluster to which it had offered the role
/// - a primary that was replaced and continues: REFUSAL of what replaced it
/// - a cluster that becomes the primary: TAKEOVER with the right to succeed, else FOUND, which others accept only by an operator's act
///
/// Anything else leaves the log as it is. Returns nothing if there is no log any more. Errors: TooLarge, FailedPrecondition.
Result<std::optional<trust::TrustLog>> advanced(const std::optional<trust::TrustLog>& log, const RoleChange& change);

/// The log of a primary that was recovered from saved contents: a FOUND that lists this cluster alone. It names the last entry known before
/// (`former`, null: none). Every member accepts it by an operator's token only.
Result<trust::TrustLog> recovered(const trust::TrustLog* former, const RoleChange& change);

/// The HANDOVER to `next`, signed by this cluster alone. Errors: TooLarge, FailedPrecondition (not this cluster's to hand over).
Result<trust::Entry> offeredEntry(const trust::TrustLog& log, const trust::MemberKeys& keys, const std::string& nextKey, const trust::Leader& next,
                                  Epoch epoch, const std::string& promotionId, WallTime now);

/// The keys that a follower accepts from the cluster that it follows: the leader's, then those of members that may succeed it.
std::vector<std::string> leaderKeys(const trust::TrustLog& log);

/// The log of a primary whose storage was older than what members hold, and whose operators go on with it: a TAKEOVER by the leader itself behind the
/// newest list of its own key. Every revocation stays. Errors: FailedPrecondition (the newest list is not this key's), TooLarge.
Result<trust::TrustLog> resumed(trust::TrustLog log, const RoleChange& change);

/// The newest of these entries that this cluster has signed as the leader at `epoch` or later and that its log lacks: its storage is older than what
/// the teller holds, because an entry is stored before it is told. Its signature alone counts, so it may follow entries that are not here. Bounded as a
/// message. Null: there is none.
trust::EntryPointer ownEntryLacking(const trust::TrustLog& log, const std::vector<std::string>& encoded, const std::string& ownKey, Epoch epoch);

/// An epoch statement that names the leader of the log's head.
EpochStatement statementOf(const trust::TrustLog& log, Type type);
/// Whether the log's head records the same promotion as the statement.
bool isProvedBy(const EpochStatement& statement, const trust::TrustLog& log);

/// The hash of a contested REFUSAL in this case: the previous leader has refused the new one, and the new one has never welcomed this
/// secondary. The secondary then stays with the previous leader, and no operator is asked. Nothing: there is no such case.
std::optional<std::string> refusalOfUnfollowed(const Role& role, const trust::TrustLog& log);

/// The hash of a contested list in this case: the leader that this cluster followed until now has revoked the new one, and the new one has
/// never welcomed this cluster. No signature says which came first, the list or the takeover. So this cluster stays where it is: it returns
/// to that list, and the takeover is contested. Nothing: there is no such case.
///
/// `role` is the one by which the log's leader is followed; of a DR secondary's performance log the DR role.
std::optional<std::string> revocationByFollowed(const Role& role, const trust::TrustLog& log);

/// The role that follows from the log: a primary that was replaced knows its successor, a secondary follows the leader, and a leader drops
/// secondaries that others have revoked.
Role followed(const Role& role, Type type, const trust::TrustLog& log, std::string_view ownKey, const SecretBytes& forestKey);

} // namespace core::replication
