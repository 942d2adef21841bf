#pragma once

#include "widgets/wizard/replication/enable_model.h"
#include "widgets/wizard/frame/wizard_page.h"

class QButtonGroup;
class QCheckBox;
class QComboBox;
class QLineEdit;

namespace widgets {

class ChoiceCard;
class FieldList;

/// Asks for the replication type, the primary and the secondary.
class EnableChoicesPage final : public WizardPage {
    Q_OBJECT

public:
    EnableChoicesPage(EnableModel& model, QWidget* parent);
    void enter() override;
    bool isComplete() const override { return m_model.areChoicesComplete(); }

private:
    void gather(bool isNewPair);
    void refill();

    EnableModel& m_model;
    QButtonGroup* m_types;
    ChoiceCard* m_performance;
    ChoiceCard* m_dr;
    QComboBox* m_primary;
    QComboBox* m_secondary;
    QCheckBox* m_handOver;
    QLineEdit* m_activationId;
    QLineEdit* m_primaryApiAddr;
    QLineEdit* m_caFile;
    QLabel* m_hint;
    bool m_isRefilling = false;
};

/// The checks.
class EnableChecksPage final : public WizardPage {
    Q_OBJECT

public:
    EnableChecksPage(EnableModel& model, QWidget* parent);
    void enter() override;
    bool isComplete() const override { return m_model.preflight().isPassed(); }

private:
    EnableModel& m_model;
    CheckList* m_checks;
};

/// Shows what the wipe destroys. The user must type the cluster's name.
class EnableWipePage final : public WizardPage {
    Q_OBJECT

public:
    EnableWipePage(EnableModel& model, QWidget* parent);
    void enter() override;
    bool isComplete() const override;
    bool isSkipped() const override { return m_model.choices().isHandOver; }

private:
    void refresh();

    EnableModel& m_model;
    FactCards* m_facts;
    QFrame* m_table;
    FieldList* m_mounts;
    QLabel* m_safetyNet;
    QLabel* m_problem;
    NameConfirmation* m_confirmation;
};

} // namespace widgets
