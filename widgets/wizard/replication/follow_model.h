#pragma once

#include "widgets/wizard/plan/operation_token.h"
#include "widgets/wizard/plan/plan_model.h"
#include "widgets/wizard/plan/check_model.h"

namespace widgets {

/// "Update primary": a cluster that keeps its data follows another primary; an old primary is demoted first.
class FollowModel final : public QObject {
    Q_OBJECT

public:
    struct Choices {
        QString clusterId;
        QString primaryId;
        ReplicationType type = ReplicationType::Performance;
        QString primaryApiAddr;
        QString caFile;

        bool operator==(const Choices&) const = default;
    };

    FollowModel(FleetModel& fleet, ActionLog& log, QObject* parent = nullptr);

    FleetModel& fleet() { return m_fleet; }
    const Choices& choices() const { return m_choices; }
    void choose(const Choices& choices);
    /// The clusters whose role lets them follow another primary.
    QList<const FleetNode*> clusters() const;
    /// The primaries of the same type.
    QList<const FleetNode*> primaries() const;
    QString clusterName() const;
    QString primaryName() const;
    QString suggestedCaFile() const;
    /// The cluster was a primary when it was chosen.
    bool mustDemote() const { return m_mustDemote; }
    bool areChoicesComplete() const;

    CheckModel& preflight() { return m_preflight; }
    void check();

    PlanModel& demotion() { return m_demotion; }
    void makeDemotion();
    OperationToken& token() { return m_token; }
    PlanModel& plan() { return m_plan; }
    void makePlan();

Q_SIGNALS:
    void choicesChanged();

private:
    FleetModel& m_fleet;
    Choices m_choices;
    bool m_mustDemote = false;
    CheckModel m_preflight;
    OperationToken m_token;
    PlanModel m_demotion;
    PlanModel m_plan;
    core::SecretBytes m_activation;
};

} // namespace widgets
