#pragma once

#include "widgets/wizard/frame/page_parts.h"
#include "widgets/wizard/plan/plan_model.h"
#include "widgets/wizard/frame/wizard_page.h"

#include <functional>

class QProgressBar;
class QPushButton;

namespace widgets {

/// The last page before the run: the steps and their commands. If the plan loses data, the user must type a name.
class PlanPage final : public WizardPage {
    Q_OBJECT

public:
    struct Options {
        QString stepTitle;               // empty: "Plan"
        std::function<bool()> isSkipped; // null: never
        std::function<void()> prepare;   // builds the plan each time the page is shown
        std::function<QString()> heading;
        std::function<QString()> warning; // shown in red outline; empty: none
        std::function<QString()> confirm; // the name to type; empty: none
        std::function<QString()> goText;  // the text of the button
    };
    PlanPage(PlanModel& plan, Options options, QWidget* parent);

    void enter() override;
    bool isComplete() const override;
    bool isSkipped() const override { return m_options.isSkipped && m_options.isSkipped(); }
    QString nextText() const override { return m_options.goText(); }

private:
    PlanModel& m_plan;
    const Options m_options;
    QFrame* m_warning;
    QLabel* m_warningText;
    CheckList* m_steps;
    NameConfirmation* m_confirmation;
    CommandBox* m_commands;
};

/// The running steps, with progress. A failed step can be tried again.
class RunPage final : public WizardPage {
    Q_OBJECT

public:
    struct Options {
        QString stepTitle;               // empty: "Run"
        std::function<bool()> isSkipped; // may be missing: never
    };
    RunPage(PlanModel& plan, Options options, QWidget* parent);

    void enter() override;
    bool isSkipped() const override { return m_options.isSkipped && m_options.isSkipped(); }
    bool isComplete() const override { return m_plan.isEnded(); }
    bool isBackBlocked() const override { return m_plan.state() != PlanModel::State::Waiting; }
    QString cancelNote() const override;
    QString cancelText() const override;

private:
    void refresh();

    PlanModel& m_plan;
    const Options m_options;
    CheckList* m_steps;
    QProgressBar* m_progress;
    QPushButton* m_retry;
};

/// What was done, what is true now, and what to do next.
class ReportPage : public WizardPage {
    Q_OBJECT

public:
    struct Options {
        std::function<QString()> success;        // one sentence about the result
        std::function<QStringList()> next;       // what to do next, as sentences
        std::function<QWidget*(QWidget*)> extra; // something to show or press; may be null
    };
    ReportPage(PlanModel& plan, Options options, QWidget* parent);

    void enter() override;
    bool isBackBlocked() const override { return true; }

private:
    PlanModel& m_plan;
    const Options m_options;
    CheckList* m_steps;
    QLabel* m_nextHeading;
    QLabel* m_nextText;
    CommandBox* m_commands;
    QWidget* m_extra = nullptr;
};

} // namespace widgets
