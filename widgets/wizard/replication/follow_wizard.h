#pragma once

#include "widgets/wizard/replication/follow_model.h"
#include "widgets/wizard/frame/wizard_dialog.h"

namespace widgets {

/// "Update primary": also the way back of an old primary after a failover.
class FollowWizard final : public WizardDialog {
    Q_OBJECT

public:
    FollowWizard(FleetModel& fleet, ActionLog& log, const FollowModel::Choices& choices, QWidget* parent);

    FollowModel& model() { return m_model; }

protected:
    void stopPlans() override;

private:
    FollowModel m_model;
};

} // namespace widgets
