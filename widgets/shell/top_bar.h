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

/// The bar at the top: brand, finder, the main commands, how many problems there are.
class TopBar final : public QWidget {
    Q_OBJECT

public:
    explicit TopBar(QWidget* parent = nullptr);

    /// A button for a command of the menu; shows the action's text and follows whether it is enabled.
    QPushButton* addButton(QAction& action, const QString& name, const QString& kind = {});
    void showProblemCount(int count, HealthState worst);
    /// What the finder knows: a text and what to do for it.
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
