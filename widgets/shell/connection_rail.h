#pragma once

#include "widgets/model/connection_list_model.h"

#include <QWidget>

class QListView;
class QPushButton;
class QLabel;

namespace widgets {

/// The list of connections at the left.
class ConnectionRail final : public QWidget {
    Q_OBJECT

public:
    explicit ConnectionRail(QWidget* parent = nullptr);

    void present(const FleetState& fleet);
    void select(const QString& id);

Q_SIGNALS:
    void selected(const QString& id);
    void opened(const QString& id);
    void addRequested();

private:
    ConnectionListModel m_model;
    QListView* m_list;
    QPushButton* m_add;
    QLabel* m_empty;
    bool m_isFollowing = false; // another view made the selection, so it is not reported back
};

} // namespace widgets
