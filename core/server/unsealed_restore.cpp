#include "core/server/unsealed.h"

#include "core/snapshot/primary_search.h"

// Putting other contents in the place of this cluster's: snapshots, and what was kept before a wipe.

namespace core::server {

using snapshot::CheckedArchive;

/// Why a performance secondary does not take this archive; nothing where it does.
std::optional<Error> Unsealed::secondaryRefusal(const snapshot::RestoreRequest& request, const CheckedArchive& checked) const
{
    if (checked.keyring) {
        return Error{ErrorCode::FailedPrecondition, "the snapshot was made with a newer keyring than this cluster has: wait until it has caught up with its primary"};
    }
    if (checked.keys == CheckedArchive::Keys::Ours && checked.meta.clusterId == identity().id && !request.takesNewIdentity) return std::nullopt;
    return Error{ErrorCode::FailedPrecondition,
                 "this cluster is a performance secondary: only its own snapshot can be put back here, and this one is of the cluster \"" +
                     checked.meta.clusterName + "\". Restore it on the primary; or restore it with -force and its own unseal keys on an empty "
                     "cluster that follows nobody"};
}

/// A primary of the archive's set that is there would have a second one beside it.
Result<> Unsealed::checkNoPrimary(const snapshot::Meta& meta) const
{
    const auto found = snapshot::findPrimary(meta.sets, m_services.options.apiAddress);
    if (!found) return {};
    std::string who = found->name.empty() ? "a cluster" : "the cluster \"" + found->name + '"';
    if (!found->address.empty()) who += " (" + found->address + ")";
    const std::string how = found->seenBy.empty() ? "answers as primary" : "is the primary that the member at " + found->seenBy + " is connected to";
    return Error{ErrorCode::FailedPrecondition,
                 who + " " + how + " of the snapshot's replication set, and a restore here would make a second one. Nothing was replaced. "
                       "Restore the snapshot there, or give new_identity=true (-new-identity) to make a cluster that is in no set"};
}

Result<snapshot::RestoreOutcome> Unsealed::restoreSnapshot(const snapshot::RestoreRequest& request)
{
    if (m_isRestoring.exchange(true)) return Error{ErrorCode::Unavailable, "another snapshot is being restored; try again later"};
    const std::shared_ptr<void> restoring{nullptr, [this](void*) { m_isRestoring = false; }}; // also when it ends by an exception
    if (m_replication.isDrSecondary()) {
        return Error{ErrorCode::FailedPrecondition, "cannot restore a snapshot on a DR secondary: all its data comes from its primary"};
    }
    const bool isSecondary = m_replication.isPerformanceSecondary();
    const auto own = snapshotIdentity();
    // All that can go wrong with the file comes first, while this cluster goes on as before.
    const auto checked = m_snapshots.check(request.file, request.isForced, request.shares);
    if (!checked) return checked.error();
    const bool isOurs = checked->keys == CheckedArchive::Keys::Ours;
    if (isSecondary) {
        if (auto refusal = secondaryRefusal(request, *checked)) return std::move(*refusal);
    } else if (isOurs && request.takesNewIdentity) {
        return Error{ErrorCode::InvalidArgument, "new_identity goes with a snapshot of other keys: under its own keys this cluster keeps its roles"};
    } else if (!isOurs && !request.takesNewIdentity) {
        if (auto none = checkNoPrimary(checked->meta); !none) return std::move(none).error();
    }

    snapshot::RestoreOutcome outcome{checked->meta, checked->keys, {}, {}, checked->warnings, {}};
    auto restored = m_replication.whileEverythingStopped([&]() -> Result<> {
        if (!request.skipsSafetySnapshot) {
            auto kept = m_safetySnapshots.keepBeforeRestore("before a snapshot of " + checked->meta.clusterName + " was restored", isOurs);
            if (!kept) {
                return std::move(kept).error().withContext("a safety snapshot could not be taken, and nothing was replaced "
                                                           "(skip_safety_snapshot=true goes on without one)");
            }
            outcome.safetySnapshot = kept->name;
            outcome.safetyText = kept->text;
        }
        if (isSecondary) return m_snapshots.restoreLocal(request.file, *checked, own);
        if (request.takesNewIdentity) return m_snapshots.restoreAsNew(request.file, *checked, own);
        return m_snapshots.restore(request.file, *checked, own);
    });
    if (!restored) {
        m_safetySnapshots.discard(outcome.safetySnapshot);
        return std::move(restored).error();
    }
    if (!isOurs && !request.takesNewIdentity) outcome.steps = snapshot::stepsToBringBack(checked->meta.sets);
    m_services.contentsReplaced();
    return outcome;
}

Result<> Unsealed::restoreSafetySnapshot(const std::string& name)
{
    auto file = m_safetySnapshots.fileOf(name);
    if (!file) return std::move(file).error();
    const auto identity = snapshotIdentity();
    const bool keepsRoles = m_safetySnapshots.keepsRoles(name);
    auto restored = m_replication.whileEverythingStopped([&]() -> Result<> {
        if (keepsRoles) {
            const auto checked = m_snapshots.check(*file, true);
            if (!checked) return checked.error();
            const bool isOurs = checked->keys == CheckedArchive::Keys::Ours;
            if (isOurs && m_replication.isPerformanceSecondary()) return m_snapshots.restoreLocal(*file, *checked, identity);
            if (isOurs) return m_snapshots.restore(*file, *checked, identity);
        }
        auto done = m_snapshots.restoreWithoutRoles(*file, identity);
        if (!done) return std::move(done).error();
        return {};
    });
    if (restored) m_services.contentsReplaced();
    return restored;
}

} // namespace core::server
