#pragma once

#include "widgets/model/action_log.h"

#include <functional>

namespace widgets {

/// Checks in a cluster's status whether a request has taken effect. A cluster that does not answer proves nothing.
namespace effects {

using RoleTest = std::function<bool(const ReplicationStatus&)>;

/// The role of `type` on the cluster passes the test.
ActionLog::Effect role(const QString& clusterId, ReplicationType type, RoleTest test);
ActionLog::Effect isPrimary(const QString& clusterId, ReplicationType type);
ActionLog::Effect isNoPrimary(const QString& clusterId, ReplicationType type);
/// The cluster is a secondary, or becomes one now.
ActionLog::Effect isFollower(const QString& clusterId, ReplicationType type);
ActionLog::Effect isDisabled(const QString& clusterId, ReplicationType type);
/// The primary lists the secondary `activationId`, or no longer lists it.
ActionLog::Effect isKnown(const QString& primaryId, ReplicationType type, const QString& activationId, bool isListed);

} // namespace effects
} // namespace widgets
