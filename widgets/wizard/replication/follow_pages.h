#pragma once

#include "widgets/wizard/replication/follow_model.h"
#include "widgets/wizard/frame/wizard_page.h"

class QComboBox;
class QLineEdit;

namespace widgets {

class ChoiceCard;

/// Asks which cluster follows which primary.
class FollowChoicesPage final : public WizardPage {
    Q_OBJECT

public:
    FollowChoicesPage(FollowModel& model, QWidget* parent);
    void enter() override { refill(); }
    bool isComplete() const override { return m_model.areChoicesComplete() && m_model.preflight().isPassed(); }

private:
    void gather(bool isNewPair);
    void refill();

    FollowModel& m_model;
    ChoiceCard* m_performance;
    ChoiceCard* m_dr;
    QComboBox* m_cluster;
    QComboBox* m_primary;
    QLineEdit* m_primaryApiAddr;
    QLineEdit* m_caFile;
    CheckList* m_checks;
    bool m_isRefilling = false;
};

} // namespace widgets
