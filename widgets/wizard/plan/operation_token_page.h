#pragma once

#include "widgets/wizard/plan/operation_token.h"
#include "widgets/wizard/frame/wizard_page.h"

#include <functional>

class QLabel;
class QLineEdit;
class QProgressBar;
class QPushButton;

namespace widgets {

class ChoiceCard;
class CommandBox;

/// Asks for the DR operation token: the user types it in, or gives key shares one after the other.
class OperationTokenPage final : public WizardPage {
    Q_OBJECT

public:
    OperationTokenPage(OperationToken& token, std::function<ClusterRef()> cluster, std::function<bool()> isNeeded, QWidget* parent);

    void enter() override;
    bool isComplete() const override { return !m_token.token().empty(); }
    bool isSkipped() const override { return !m_isNeeded(); }
    QString cancelNote() const override;

private:
    void refresh();
    void giveShare();

    OperationToken& m_token;
    const std::function<ClusterRef()> m_cluster;
    const std::function<bool()> m_isNeeded;
    ChoiceCard* m_byShares;
    ChoiceCard* m_typed;
    QWidget* m_typedPart;
    QLineEdit* m_tokenEdit;
    QWidget* m_sharesPart;
    QPushButton* m_start;
    QPushButton* m_abandon;
    QLineEdit* m_share;
    QPushButton* m_give;
    QProgressBar* m_progress;
    QLabel* m_state;
    QLabel* m_problem;
    CommandBox* m_commands;
};

} // namespace widgets
