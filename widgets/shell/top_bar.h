#pragma once

#include "widgets/fleet/fleet_state.h"

#include <QHash>
#include <QWidget>

#include <functional>

class QAction;
class QLineEdit;
class QPushButton;
class QStringListModel;

namespace widgets {

/// The bar at the top: brand, finder, the main commands, the number of problems.
class TopBar final : public QWidget {
    Q_OBJECT

public:
    explicit TopBar(QWidget* parent = nullptr);

    /// A button for a menu command. It shows the action's text and is enabled when the action is.
    QPushButton* addButton(QAction& action, const QString& name, const QString& kind = {});
    void showProblemCount(int count, HealthState worst);
    /// An entry of the finder: a text and its action.
    void setFindable(const QList<QPair<QString, std::function<void()>>>& entries);
    void focusFinder();

Q_SIGNALS:
    void problemsRequested();

private:
    void runFound(const QString& text);

    QLineEdit* m_finder;
    QStringListModel* m_findable;
    QHash<QString, std::function<void()>> m_found;
    QPushButton* m_problems;
};

} // namespace widgets
