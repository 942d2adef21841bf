#include "core/replication/manager/role_operations.h"

#include "core/base/logging.h"
#include "core/replication/roles/refusals.h"

#include <boost/json/array.hpp>

#include <algorithm>

namespace core::replication {

using mount::Response;

namespace {

/// The role with which the primary continues, at an epoch later than every list of its own. The newest list says who may succeed it, not this
/// storage.
Role resuming(const Role& role, Type type, const trust::TrustLog* log)
{
    Role next = role.clone();
    next.olderStorage.reset();
    next.epoch = epochKnown(role).next();
    if (!log) return next;
    next.epoch = std::max(next.epoch, Epoch{log->head().epoch + 1});
    for (auto& secondary : next.secondaries) {
        const auto* seat = secondary.memberKey.empty() ? nullptr : log->head().seatOf(secondary.memberKey);
        if (seat && seat->maySucceed != maySucceed(type, secondary.succession)) {
            secondary.succession = seat->maySucceed ? Succession::Allowed : Succession::Denied;
        }
    }
    return next;
}

/// Members by the log whose certificates this storage does not know.
boost::json::array membersWithoutAPlace(const Role& role, const trust::TrustLog* log)
{
    boost::json::array out;
    if (!log) return out;
    for (const auto& seat : log->head().seats) {
        const bool isOwn = seat.memberKey == log->head().authority;
        if (!isOwn && !seat.id.empty() && !role.find(seat.id) && !log->judge().isRevoked(seat.memberKey)) out.push_back(boost::json::string(seat.id));
    }
    return out;
}

} // namespace

std::optional<Response> RoleOperations::resumeRefusal(Type type) const
{
    const auto current = m_roles.role(type);
    if (current->mode != Mode::Primary || !m_roles.isPlayed(type)) return notPrimary(type);
    if (current->isReplaced()) return Response::badRequest(replacedText(type, *current));
    if (current->isOlder()) return std::nullopt;
    return Response::badRequest("the storage of this " + std::string{toString(type)} +
                                " primary is not older than what members hold, as far as is known; there is nothing to resume");
}

Response RoleOperations::resumePrimary(Type type)
{
    MutexLock operation{m_roles.operation};
    if (auto refusal = resumeRefusal(type)) return std::move(*refusal);
    std::optional<Role> next[2];
    boost::json::array missing;
    for (const Type each : {Type::Performance, Type::Dr}) {
        const auto role = m_roles.role(each);
        if (!role->isOlder() || role->isReplaced() || !m_roles.isPlayed(each)) continue;
        const auto log = m_roles.trust(each);
        auto& changed = next[each == Type::Dr];
        changed = resuming(*role, each, log.get());
        if (auto isSigned = m_roles.signEpoch(each, *changed, epochKnown(*role)); !isSigned) return storageFailure(isSigned.error());
        for (auto& id : membersWithoutAPlace(*role, log.get())) missing.push_back(std::move(id));
    }
    const auto pointer = [](const std::optional<Role>& role) { return role ? &*role : nullptr; };
    if (auto done = m_roles.resumePrimary(pointer(next[0]), pointer(next[1])); !done) {
        if (done.error().code != ErrorCode::FailedPrecondition) return storageFailure(done.error());
        return Response::badRequest(done.error().detail +
                                    "; demote this cluster and let it follow a promoted member, or recover it (primary/enable with "
                                    "recover=true after secondary/disable)");
    }
    const auto after = m_roles.role(type);
    logging::warn("replication", "a primary continues with a storage that is older than what members hold, by key shares",
                  {{"type", std::string{toString(type)}}, {"epoch", core::toString(after->epoch)}});
    Response response = Response::ofData({{"epoch", after->epoch.value()}, {"members_without_a_place", missing}});
    response.warnings.emplace_back("members adopt the data of this storage as soon as they connect; what only they had is lost then");
    if (!missing.empty()) {
        response.warnings.emplace_back("members in members_without_a_place were added after this storage was saved: each needs a token made here "
                                       "(update-primary)");
    }
    return response;
}

} // namespace core::replication
