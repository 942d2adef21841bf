#pragma once

#include "widgets/wizard/snapshot/snapshot_model.h"
#include "widgets/wizard/frame/wizard_dialog.h"

namespace widgets {

/// "Snapshots": save now, restore, automatic schedule.
class SnapshotWizard final : public WizardDialog {
    Q_OBJECT

public:
    SnapshotWizard(FleetModel& fleet, ActionLog& log, const QString& clusterId, QWidget* parent);

    SnapshotModel& model() { return m_model; }

protected:
    void stopPlans() override;

private:
    QString heading() const;

    SnapshotModel m_model;
};

} // namespace widgets
