#include "core/replication/manager/role_operations.h"

#include "core/base/logging.h"
#include "core/replication/roles/refusals.h"

#include <algorithm>

namespace core::replication {

using mount::Response;

namespace {

constexpr std::size_t kRefusedMax = 64;

void remember(std::vector<std::string>& list, const std::string& one)
{
    if (one.empty() || std::ranges::find(list, one) != list.end()) return;
    if (list.size() >= kRefusedMax) list.erase(list.begin());
    list.push_back(one);
}

/// The role after the refusal: at a later epoch than the successor's, and with the successor barred from succeeding again.
Role refusing(const Role& role)
{
    Role next = role.clone();
    if (const auto by = EpochStatement::parse(role.successor)) {
        remember(next.refused, by->clusterId);
        for (auto& secondary : next.secondaries) {
            if (!role.primaryKey.empty() && secondary.memberKey == role.primaryKey) secondary.succession = Succession::Denied;
        }
    }
    remember(next.refusedKeys, role.primaryKey);
    next.epoch = epochKnown(role).next();
    next.successor.clear();
    next.primaryKey.clear();
    return next;
}

} // namespace

std::optional<Response> RoleOperations::refuseSuccessorRefusal(Type type) const
{
    const auto current = m_roles.role(type);
    if (current->mode != Mode::Primary || !m_roles.isPlayed(type)) return notPrimary(type);
    if (!current->isReplaced()) {
        return Response::badRequest("no other cluster has replaced this " + std::string{toString(type)} + " primary; there is nothing to refuse");
    }
    return std::nullopt;
}

Response RoleOperations::refuseSuccessor(Type type)
{
    MutexLock operation{m_roles.operation};
    if (auto refusal = refuseSuccessorRefusal(type)) return std::move(*refusal);
    // A cluster that took the DR role took the performance role with it. So both are refused.
    const auto by = EpochStatement::parse(m_roles.role(type)->successor);
    std::optional<Role> next[2];
    for (const Type each : {Type::Performance, Type::Dr}) {
        const auto role = m_roles.role(each);
        const auto alsoBy = EpochStatement::parse(role->successor);
        const bool isSame = role->isReplaced() && by && alsoBy && alsoBy->clusterId == by->clusterId;
        if (each != type && !isSame) continue;
        auto& changed = next[each == Type::Dr];
        changed = refusing(*role);
        if (auto isSigned = m_roles.signEpoch(each, *changed, epochKnown(*role)); !isSigned) return storageFailure(isSigned.error());
    }
    const auto pointer = [](const std::optional<Role>& role) { return role ? &*role : nullptr; };
    if (auto changed = m_roles.change(pointer(next[0]), pointer(next[1])); !changed) return storageFailure(changed.error());
    const auto after = m_roles.role(type);
    logging::warn("replication", "a successor was refused by key shares, this primary continues",
                  {{"type", std::string{toString(type)}}, {"refused", by ? by->clusterName : ""}, {"epoch", core::toString(after->epoch)}});
    Response response = Response::ofData(
        {{"epoch", after->epoch.value()}, {"refused_cluster_name", by ? by->clusterName : ""}, {"refused_cluster_id", by ? by->clusterId : ""}});
    response.warnings.emplace_back("secondaries that had followed the refused cluster come back when you point each of them here "
                                   "(update-primary with a token made here). Revoke the refused cluster if it is a secondary of this one");
    return response;
}

} // namespace core::replication
