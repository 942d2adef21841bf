#pragma once

#include "widgets/client/cluster_status.h"
#include "widgets/wizard/frame/cluster_ref.h"
#include "widgets/wizard/plan/plan_model.h"

#include <QCoreApplication>

#include <optional>

namespace widgets {

/// The steps wizards are made of.
class Steps {
    Q_DECLARE_TR_FUNCTIONS(Steps)

public:
    /// What makes a request when its step begins (it may need what earlier steps found), and what takes the answer: it
    /// returns the result to show.
    struct Call {
        std::function<ApiRequest()> make;
        std::function<QString(const ApiReply&)> take;
        QString afterwards;
        ActionLog::Effect effect = {}; // how the status shows that it happened; for requests that change something
    };
    /// Sends a request. A cluster that is away for a moment, as after a change of role, is asked again for a while. A request
    /// that changes something and gets no answer is not repeated: its outcome is unknown, and the step says so.
    static PlanStep request(const ClusterRef& cluster, const QString& title, Call call);

    /// Looks at the replication status of a cluster until `isReached` gives a result.
    using StatusTest = std::function<std::optional<QString>(const ClusterStatus&, const StepRun&)>;
    static PlanStep waitForStatus(const ClusterRef& cluster, const QString& title, StatusTest isReached);
    /// Waits until the cluster has the mode.
    static PlanStep waitForMode(const ClusterRef& cluster, ReplicationType type, const QString& mode);
    /// Waits until the secondary streams and holds what the primary held at one moment of the wait: its root equals one of the primary, or it
    /// has passed a log index that the primary had reached.
    static PlanStep waitForSync(const ClusterRef& primary, const ClusterRef& secondary, ReplicationType type);
};

} // namespace widgets
