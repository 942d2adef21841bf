#pragma once

#include "widgets/model/action_log.h"
#include "widgets/model/problems.h"

#include <QWidget>

class QLabel;
class QListView;
class QPushButton;
class QStackedWidget;

namespace widgets {

/// The drawer at the bottom: the operator's actions and the problems.
class Drawer final : public QWidget {
    Q_OBJECT

public:
    explicit Drawer(ActionLog& log, QWidget* parent = nullptr);

    void showProblems(const QList<Problem>& problems);
    void openProblems();

Q_SIGNALS:
    void problemChosen(const QString& subjectId);

private:
    QListView* makeList(QAbstractItemModel& model, const QString& name);
    void copyCommand();

    ActionLog& m_log;
    ProblemListModel m_problems;
    QPushButton* m_actionsTab;
    QPushButton* m_problemsTab;
    QPushButton* m_copy;
    QPushButton* m_saveScript;
    QStackedWidget* m_pages;
    QListView* m_actionList;
    QListView* m_problemList;
    QLabel* m_noActions;
};

} // namespace widgets
