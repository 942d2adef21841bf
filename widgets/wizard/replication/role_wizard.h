#pragma once

#include "widgets/wizard/plan/operation_token.h"
#include "widgets/wizard/plan/plan_model.h"
#include "widgets/model/command.h"
#include "widgets/wizard/frame/wizard_dialog.h"

namespace widgets {

/// The short wizards: Demote, Disable replication, Revoke secondary. Each has a plan with a typed name, its run and its report.
class RoleWizard final : public WizardDialog {
    Q_OBJECT

public:
    RoleWizard(FleetModel& fleet, ActionLog& log, Command command, const QString& clusterId, QWidget* parent);

    PlanModel& plan() { return m_plan; }
    OperationToken& token() { return m_token; }

protected:
    void stopPlans() override;

private:
    bool isPrimary() const { return m_type == ReplicationType::Dr ? m_isPrimaryOfDr : m_isPrimaryOfPerformance; }
    bool needsDrToken() const;
    QString warning() const;
    void makePlan();

    FleetModel& m_fleet;
    const Command m_command;
    const QString m_clusterId;
    QString m_name;
    QString m_primaryId;   // of the link that is revoked
    QString m_secondaryId; // its activation id
    bool m_isPrimaryOfPerformance = false;
    bool m_isPrimaryOfDr = false;
    bool m_hasBothTypes = false;
    ReplicationType m_type = ReplicationType::Performance;
    OperationToken m_token;
    PlanModel m_plan;
};

} // namespace widgets
