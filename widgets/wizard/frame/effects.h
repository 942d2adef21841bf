#pragma once

#include "widgets/model/action_log.h"

#include <functional>

namespace widgets {

/// How the status of a cluster shows that a request has taken effect. Only a cluster that answers shows anything.
namespace effects {

using RoleTest = std::function<bool(const ReplicationStatus&)>;

/// The role of `type` on the cluster passes the test.
ActionLog::Effect role(const QString& clusterId, ReplicationType type, RoleTest test);
ActionLog::Effect isPrimary(const QString& clusterId, ReplicationType type);
ActionLog::Effect isNoPrimary(const QString& clusterId, ReplicationType type);
/// A secondary, or about to become one.
ActionLog::Effect isFollower(const QString& clusterId, ReplicationType type);
ActionLog::Effect isDisabled(const QString& clusterId, ReplicationType type);
/// The primary lists the secondary `activationId`, or no longer does.
ActionLog::Effect isKnown(const QString& primaryId, ReplicationType type, const QString& activationId, bool isListed);

} // namespace effects
} // namespace widgets
