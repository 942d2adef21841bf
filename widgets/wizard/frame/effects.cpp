#include "widgets/wizard/frame/effects.h"

namespace widgets::effects {

ActionLog::Effect role(const QString& clusterId, ReplicationType type, RoleTest test)
{
    return [clusterId, type, test = std::move(test)](const FleetState& fleet) {
        const auto* node = fleet.node(clusterId);
        return node && node->status.contact == ClusterStatus::Contact::Reached && test(node->status.of(type));
    };
}

ActionLog::Effect isPrimary(const QString& clusterId, ReplicationType type)
{
    return role(clusterId, type, [](const ReplicationStatus& r) { return r.isPrimary() && !r.isReplaced; });
}

ActionLog::Effect isNoPrimary(const QString& clusterId, ReplicationType type)
{
    return role(clusterId, type, [](const ReplicationStatus& r) { return !r.mode.isEmpty() && !r.isPrimary(); });
}

ActionLog::Effect isFollower(const QString& clusterId, ReplicationType type)
{
    return role(clusterId, type, [](const ReplicationStatus& r) { return r.isSecondary() || r.isBootstrapping(); });
}

ActionLog::Effect isDisabled(const QString& clusterId, ReplicationType type)
{
    return role(clusterId, type, [](const ReplicationStatus& r) { return !r.mode.isEmpty() && !r.isEnabled(); });
}

ActionLog::Effect isKnown(const QString& primaryId, ReplicationType type, const QString& activationId, bool isListed)
{
    return role(primaryId, type, [activationId, isListed](const ReplicationStatus& r) {
        return r.isPrimary() && r.knownSecondaries.contains(activationId) == isListed;
    });
}

} // namespace widgets::effects
