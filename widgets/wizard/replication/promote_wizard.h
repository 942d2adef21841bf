#pragma once

#include "widgets/wizard/replication/promote_model.h"
#include "widgets/wizard/frame/wizard_dialog.h"

#include <QStringList>

namespace widgets {

/// "Promote": planned or unplanned, performance or disaster recovery.
class PromoteWizard final : public WizardDialog {
    Q_OBJECT

public:
    PromoteWizard(FleetModel& fleet, ActionLog& log, const QString& secondaryId, QWidget* parent);

    PromoteModel& model() { return m_model; }

Q_SIGNALS:
    /// The operator wants the old primary to follow the new one.
    void followRequested(const QString& clusterId, const QString& newPrimaryId);

protected:
    void stopPlans() override;

private:
    /// What the operator does after the promotion, as sentences.
    QStringList nextSteps() const;

    PromoteModel m_model;
    bool m_wasSwitchover = false; // stored, because the roles do not show it afterwards
};

} // namespace widgets
