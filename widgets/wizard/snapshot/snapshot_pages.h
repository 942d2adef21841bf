#pragma once

#include "widgets/wizard/snapshot/snapshot_model.h"
#include "widgets/wizard/frame/wizard_page.h"

class QCheckBox;
class QComboBox;
class QLineEdit;
class QSpinBox;

namespace widgets {

class ChoiceCard;

/// Asks for the cluster and the task.
class SnapshotTaskPage final : public WizardPage {
    Q_OBJECT

public:
    SnapshotTaskPage(SnapshotModel& model, QWidget* parent);
    void enter() override;
    bool isComplete() const override { return !m_model.clusterId().isEmpty(); }

private:
    SnapshotModel& m_model;
    QComboBox* m_cluster;
    QHash<SnapshotModel::Task, ChoiceCard*> m_cards;
};

/// Asks for the file to save to or to restore from.
class SnapshotFilePage final : public WizardPage {
    Q_OBJECT

public:
    SnapshotFilePage(SnapshotModel& model, QWidget* parent);
    void enter() override;
    bool isComplete() const override { return m_model.missingInput().isEmpty(); }
    bool isSkipped() const override { return m_model.task() == SnapshotModel::Task::Schedule; }

private:
    void browse();

    SnapshotModel& m_model;
    QLineEdit* m_file;
    QCheckBox* m_force;
    QLabel* m_hint;
};

/// Edits a new or an existing schedule, and shows the state of an existing one.
class SnapshotSchedulePage final : public WizardPage {
    Q_OBJECT

public:
    SnapshotSchedulePage(SnapshotModel& model, QWidget* parent);
    void enter() override;
    bool isComplete() const override { return m_model.missingInput().isEmpty(); }
    bool isSkipped() const override { return m_model.task() != SnapshotModel::Task::Schedule; }

private:
    void gather();
    void showSchedule();
    void showNames();

    SnapshotModel& m_model;
    FormGrid* m_form;
    QComboBox* m_existing;
    QLineEdit* m_name;
    QSpinBox* m_interval;
    QComboBox* m_unit;
    QSpinBox* m_retain;
    QLineEdit* m_path;
    QLineEdit* m_prefix;
    QSpinBox* m_space;
    QComboBox* m_spaceUnit;
    QCheckBox* m_delete;
    CheckList* m_status;
    QLabel* m_hint;
    bool m_isShowing = false;
};

/// The checks.
class SnapshotChecksPage final : public WizardPage {
    Q_OBJECT

public:
    SnapshotChecksPage(SnapshotModel& model, QWidget* parent);
    void enter() override;
    bool isComplete() const override { return m_model.preflight().isPassed(); }

private:
    SnapshotModel& m_model;
    CheckList* m_checks;
};

} // namespace widgets
