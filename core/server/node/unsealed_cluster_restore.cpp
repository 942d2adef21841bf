#include "core/server/node/unsealed_cluster.h"

#include "core/mount/mount_storage.h"
#include "core/snapshot/primary_search.h"
#include "core/trust/rekey_due.h"

#include <algorithm>
#include <iterator>

// Replaces the contents of this cluster: restores of snapshots and of safety snapshots.

namespace core::server {

using snapshot::CheckedArchive;
using Extent = snapshot::Snapshots::Extent;

/// Why a performance secondary refuses this archive. Empty if it accepts it.
std::optional<Error> UnsealedCluster::secondaryRefusal(const snapshot::RestoreRequest& request, const CheckedArchive& checked) const
{
    if (checked.keyring) {
        return Error{ErrorCode::FailedPrecondition,
                     "the snapshot was made with a newer keyring than this cluster has: wait until it has caught up with its primary"};
    }
    if (checked.keys == CheckedArchive::Keys::Ours && checked.meta.clusterId == identity().id && !request.takesNewIdentity) return std::nullopt;
    return Error{ErrorCode::FailedPrecondition,
                 "this cluster is a performance secondary and can restore only its own snapshot; this one is of the cluster \"" +
                     checked.meta.clusterName +
                     "\". Restore it on the primary; or restore it with -force and its own unseal keys on an empty "
                     "cluster that follows nobody"};
}

/// Saved contents have this cluster's signature. Signatures of present members are accepted too.
snapshot::Snapshots::Signing UnsealedCluster::snapshotSigning()
{
    return {[this](std::string_view sums, WallTime now) -> std::optional<snapshot::SumsSignature> {
                const auto keys = m_keys.keys();
                if (!keys) return std::nullopt;
                return snapshot::SumsSignature::make(keys->token().key, sums, m_replication.roles().role(replication::Type::Performance)->setId, now);
            },
            [this](std::string_view tokenKey, WallTime now) {
                const auto keys = m_keys.keys();
                return (keys && keys->token().owns(tokenKey, now)) || memberOf(tokenKey).has_value();
            },
            [this] {
                if (!isAlone()) return true;
                log::Transaction transaction = m_services.store.begin();
                const auto due = trust::RekeyDue::load({transaction, m_services.barrier, {}});
                return !due || due->revokedAt != WallTime{};
            }};
}

/// If a primary of the archive's set is running, the restore would make a second one.
Result<> UnsealedCluster::checkNoPrimary(const snapshot::Meta& meta) const
{
    const auto found = snapshot::findPrimary(meta.sets, m_services.options.apiAddress);
    if (!found) return {};
    std::string who = found->name.empty() ? "a cluster" : "the cluster \"" + found->name + '"';
    if (!found->address.empty()) who += " (" + found->address + ")";
    const std::string how = found->seenBy.empty() ? "answers as primary" : "is the primary that the member at " + found->seenBy + " is connected to";
    return Error{ErrorCode::FailedPrecondition,
                 who + " " + how +
                     " of the snapshot's replication set, and a restore here would make a second one. Nothing was replaced. "
                     "Restore the snapshot there, or give new_identity=true (-new-identity) to make a new set without members"};
}

Result<snapshot::RestoreOutcome> UnsealedCluster::restoreSnapshot(const snapshot::RestoreRequest& request)
{
    if (m_isRestoring.exchange(true)) return Error{ErrorCode::Unavailable, "another snapshot is being restored; try again later"};
    const std::shared_ptr<void> restoring{nullptr, [this](void*) { m_isRestoring = false; }}; // also if it ends by an exception
    if (m_replication.isDrSecondary()) {
        return Error{ErrorCode::FailedPrecondition, "cannot restore a snapshot on a DR secondary: all its data comes from its primary"};
    }
    const bool isSecondary = m_replication.isPerformanceSecondary();
    const auto own = snapshotIdentity();
    const auto logId = m_services.store.logId();
    // The file is checked first, while this cluster runs as before.
    const auto checked = m_snapshots.check(request.file, request.isForced, request.shares);
    if (!checked) return checked.error();
    if (auto known = m_snapshots.checkSigner(*checked); !known && !request.acceptsUnsigned) return std::move(known).error();
    const bool isOurs = checked->keys == CheckedArchive::Keys::Ours;
    if (isSecondary) {
        if (auto refusal = secondaryRefusal(request, *checked)) return std::move(*refusal);
    } else if (isOurs && request.takesNewIdentity) {
        return Error{ErrorCode::InvalidArgument, "new_identity goes with a snapshot of other keys: under its own keys this cluster keeps its roles"};
    } else if (!isOurs && !request.takesNewIdentity) {
        if (auto none = checkNoPrimary(checked->meta); !none) return std::move(none).error();
    }

    snapshot::RestoreOutcome outcome{checked->meta, checked->keys, {}, {}, checked->warnings, {}};
    warnOfSecondaries(isOurs, outcome);
    // The slow steps are done while the cluster runs: the new contents are staged, and a safety snapshot is taken.
    const auto extent = isSecondary ? Extent::Local : request.takesNewIdentity ? Extent::WithoutSet : Extent::Everything;
    auto staged = m_snapshots.stage(request.file, *checked, own, extent);
    if (!staged) return std::move(staged).error();
    const auto noWayBack = [](Error error) -> Error {
        return std::move(error).withContext(
            "a safety snapshot could not be taken, and nothing was replaced (skip_safety_snapshot=true continues without one)");
    };
    if (!request.skipsSafetySnapshot) {
        auto kept = m_safetySnapshots.keepBeforeRestore("before a snapshot of " + checked->meta.clusterName + " was restored", isOurs);
        if (!kept) return noWayBack(std::move(kept).error());
        outcome.safetySnapshot = kept->name;
        outcome.safetyText = kept->text;
    }
    Watches before, after;
    auto restored = m_replication.roles().whileEverythingStopped([&]() -> Result<> {
        if (auto same = checkUnchanged(logId, isSecondary); !same) return same;
        if (!outcome.safetySnapshot.empty()) { // data that was written in the meantime
            if (auto renewed = m_safetySnapshots.renew(outcome.safetySnapshot); !renewed) return noWayBack(std::move(renewed).error());
        }
        before = watches(isOurs);
        auto placed = m_snapshots.place(*staged);
        if (placed) after = watches(isOurs);
        return placed;
    });
    if (!restored) {
        m_safetySnapshots.discard(outcome.safetySnapshot);
        return std::move(restored).error();
    }
    warnOfLostWatches(before, after, outcome.warnings);
    if (!isOurs && !request.takesNewIdentity) outcome.steps = snapshot::stepsToBringBack(checked->meta.sets);
    m_services.contentsReplaced();
    return outcome;
}

/// Checks that contents, keys and role are still those that the archive was checked against.
Result<> UnsealedCluster::checkUnchanged(const std::string& logId, bool isSecondary) const
{
    const bool isSame = m_services.store.logId() == logId && m_replication.isPerformanceSecondary() == isSecondary && !m_replication.isDrSecondary();
    if (isSame) return {};
    return Error{ErrorCode::Unavailable,
                 "this cluster's contents or its role were replaced while the snapshot was checked; nothing was restored. Try again"};
}

/// After a restore under other keys this cluster leaves its replication sets, and its secondaries lose their primary.
void UnsealedCluster::warnOfSecondaries(bool isOurs, snapshot::RestoreOutcome& outcome) const
{
    if (isOurs) return;
    std::string lost;
    for (const auto type : {replication::Type::Performance, replication::Type::Dr}) {
        const auto role = m_replication.roles().role(type);
        if (role->mode != replication::Mode::Primary) continue;
        for (const auto& secondary : role->secondaries) lost += (lost.empty() ? "" : ", ") + secondary.id;
    }
    if (!lost.empty()) outcome.warnings.push_back("The secondaries of this cluster no longer have a primary: " + lost + ".");
}

/// Names need no key; audit devices do, so under other keys they are not known. What cannot be read is not warned of: the restore itself is done.
UnsealedCluster::Watches UnsealedCluster::watches(bool isWithAudit) const
{
    Watches out;
    log::Transaction transaction = m_services.store.begin();
    const barrier::Scope scope{transaction, m_services.barrier, {}};
    if (auto names = m_autoSnapshots.names(scope)) out.schedules = std::move(*names);
    if (!isWithAudit) return out;
    if (const auto devices = mount::loadMounts(scope, mount::TableKind::Audit)) {
        for (const auto& device : *devices) out.auditDevices.push_back(device.path);
    }
    return out;
}

void UnsealedCluster::warnOfLostWatches(const Watches& before, const Watches& after, std::vector<std::string>& warnings)
{
    const auto lost = [](std::vector<std::string> had, std::vector<std::string> has) {
        std::ranges::sort(had);
        std::ranges::sort(has);
        std::vector<std::string> gone;
        std::ranges::set_difference(had, has, std::back_inserter(gone));
        std::string names;
        for (const auto& name : gone) names.append(names.empty() ? "" : ", ").append(name);
        return names;
    };
    if (const auto names = lost(before.schedules, after.schedules); !names.empty()) {
        warnings.push_back("These automatic snapshots are not in the restored contents and are made no more: " + names +
                           ". The files that they have made stay where they are. Configure them again "
                           "(sys/storage/raft/snapshot-auto/config/NAME).");
    }
    if (const auto names = lost(before.auditDevices, after.auditDevices); !names.empty()) {
        warnings.push_back("These audit devices are not in the restored contents and take no entries any more: " + names +
                           ". The entries that they have taken stay. Enable them again (holdfast audit enable).");
    }
}

Result<> UnsealedCluster::restoreSafetySnapshot(const std::string& name)
{
    auto file = m_safetySnapshots.fileOf(name);
    if (!file) return std::move(file).error();
    const auto logId = m_services.store.logId();
    const bool isSecondary = m_replication.isPerformanceSecondary(), isDr = m_replication.isDrSecondary();
    const auto checked = m_snapshots.check(*file, true);
    if (!checked) return checked.error();
    const bool keepsRoles = m_safetySnapshots.keepsRoles(name) && checked->keys == CheckedArchive::Keys::Ours;
    const auto extent = !keepsRoles ? Extent::WithoutRoles : isSecondary ? Extent::Local : Extent::Everything;
    auto staged = m_snapshots.stage(*file, *checked, snapshotIdentity(), extent);
    if (!staged) return std::move(staged).error();
    auto restored = m_replication.roles().whileEverythingStopped([&]() -> Result<> {
        if (auto same = isDr ? Result<>{} : checkUnchanged(logId, isSecondary); !same) return same;
        return m_snapshots.place(*staged);
    });
    if (restored) m_services.contentsReplaced();
    return restored;
}

/// For the first start after a restore under other keys. Makes new sets if they are needed, and then forgets the restore.
Result<> UnsealedCluster::adoptRestored()
{
    const auto sets = ClusterIdentity::newSets(m_services.store);
    if (!sets) return sets.error();
    for (const auto type : *sets) {
        if (m_replication.roles().mode(type) != replication::Mode::Disabled) continue; // made by an earlier start that did not complete
        const auto made = m_replication.operations().enablePrimary(type, {});
        if (made.isError)
            return Error{ErrorCode::Internal, "making a new replication set: " + (made.errors.empty() ? std::string{} : made.errors.front())};
    }
    return ClusterIdentity::adoptRestored(m_services.store, m_services.barrier, identity());
}

} // namespace core::server
