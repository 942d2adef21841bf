#pragma once

#include "widgets/wizard/replication/promote_model.h"
#include "widgets/wizard/frame/wizard_page.h"

class QButtonGroup;
class QCheckBox;
class QComboBox;

namespace widgets {

class ChoiceCard;

/// Asks which secondary to promote, and whether its primary is alive.
class PromoteSituationPage final : public WizardPage {
    Q_OBJECT

public:
    PromoteSituationPage(PromoteModel& model, QWidget* parent);
    void enter() override;
    bool isComplete() const override { return !m_model.choices().secondaryId.isEmpty(); }

private:
    void gather();
    void refresh();

    PromoteModel& m_model;
    QComboBox* m_secondary;
    ChoiceCard* m_planned;
    ChoiceCard* m_unplanned;
    QCheckBox* m_force;
    bool m_isFilling = false;
};

/// Shows what would be lost, in numbers, and which checks block the promotion.
class PromoteLossPage final : public WizardPage {
    Q_OBJECT

public:
    PromoteLossPage(PromoteModel& model, QWidget* parent);
    void enter() override;
    bool isComplete() const override { return m_model.preflight().isPassed(); }

private:
    void refreshFacts();

    PromoteModel& m_model;
    FactCards* m_facts;
    CheckList* m_checks;
    CommandBox* m_commands;
};

} // namespace widgets
