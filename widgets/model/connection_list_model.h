#pragma once

#include "widgets/fleet/fleet_state.h"

#include <QAbstractListModel>

namespace widgets {

/// The connections under the headings of their groups, flat. Headings cannot be chosen.
class ConnectionListModel final : public QAbstractListModel {
    Q_OBJECT
    friend struct RowSync;

public:
    enum Role { IdRole = Qt::UserRole + 1, IsHeadingRole, StateRole, RoleTextRole, IsProductionRole };

    explicit ConnectionListModel(QObject* parent = nullptr);

    void show(const FleetState& fleet);
    /// The row of a connection, or an invalid index.
    QModelIndex indexOf(const QString& id) const;

    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    Qt::ItemFlags flags(const QModelIndex& index) const override;

private:
    struct Row {
        QString id; // empty: a heading
        QString text;
        QString roleText;
        QString description;
        HealthState state = HealthState::Unknown;
        bool isProduction = false;
    };

    QList<Row> m_rows;
};

} // namespace widgets
