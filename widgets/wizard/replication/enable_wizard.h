#pragma once

#include "widgets/wizard/replication/enable_model.h"
#include "widgets/wizard/frame/wizard_dialog.h"

namespace widgets {

/// "Enable replication and add a secondary".
class EnableWizard final : public WizardDialog {
    Q_OBJECT

public:
    /// `primaryId`: the proposed primary; may be empty.
    EnableWizard(FleetModel& fleet, ActionLog& log, const QString& primaryId, QWidget* parent);

    EnableModel& model() { return m_model; }

protected:
    void stopPlans() override;

private:
    EnableModel m_model;
};

} // namespace widgets
