#pragma once

#include "widgets/client/cluster_status.h"
#include "widgets/wizard/frame/cluster_ref.h"
#include "widgets/wizard/plan/plan_model.h"

#include <QCoreApplication>

#include <optional>

namespace widgets {

/// Makes the steps of wizards.
class Steps {
    Q_DECLARE_TR_FUNCTIONS(Steps)

public:
    /// One function makes the request when its step begins, because it may need results of earlier steps. The other takes the answer and
    /// returns the result to show.
    struct Call {
        std::function<ApiRequest()> make;
        std::function<QString(const ApiReply&)> take;
        QString afterwards;
        ActionLog::Effect effect = {}; // how the status shows that it happened; for requests that change something
    };
    /// Sends a request. If the cluster is away for a moment, for example after a change of role, the step repeats it for a while. A request
    /// that changes something and gets no answer is not repeated: its outcome is unknown, and the step says so.
    static PlanStep request(const ClusterRef& cluster, const QString& title, Call call);

    /// Reads the replication status of a cluster until `isReached` returns a result.
    using StatusTest = std::function<std::optional<QString>(const ClusterStatus&, const StepRun&)>;
    static PlanStep waitForStatus(const ClusterRef& cluster, const QString& title, StatusTest isReached);
    /// Waits until the cluster has the mode.
    static PlanStep waitForMode(const ClusterRef& cluster, ReplicationType type, const QString& mode);
    /// Waits until the secondary streams and holds what the primary held at one moment of the wait: its root equals one of the primary, or it
    /// has passed a log index that the primary had reached.
    static PlanStep waitForSync(const ClusterRef& primary, const ClusterRef& secondary, ReplicationType type);
};

} // namespace widgets
