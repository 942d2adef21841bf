#include "widgets/model/connection_list_model.h"

#include "widgets/look/format.h"
#include "widgets/model/row_sync.h"

#include <algorithm>

using namespace Qt::StringLiterals;

namespace widgets {

ConnectionListModel::ConnectionListModel(QObject* parent) : QAbstractListModel{parent} {}

void ConnectionListModel::show(const FleetState& fleet)
{
    QStringList groups;
    for (const auto& node : fleet.nodes) {
        if (!groups.contains(node.connection.group)) groups << node.connection.group;
    }
    QList<Row> wanted;
    for (const auto& group : groups) {
        QList<Row> members;
        for (const auto& node : fleet.nodes) {
            if (node.connection.group != group) continue;
            members << Row{node.id(), node.name(), Format::role(node.role), Format::nodeDescription(node), node.state, node.connection.isProduction};
        }
        const bool isProduction = std::all_of(members.begin(), members.end(), [](const Row& row) { return row.isProduction; });
        wanted << Row{{}, group.isEmpty() ? tr("Clusters") : group, {}, {}, {}, isProduction};
        wanted << members;
    }
    RowSync::apply(*this, m_rows, wanted, [](const Row& a, const Row& b) { return a.id == b.id && (!a.id.isEmpty() || a.text == b.text); });
}

QModelIndex ConnectionListModel::indexOf(const QString& id) const
{
    for (int row = 0; row < m_rows.size(); ++row) {
        if (!id.isEmpty() && m_rows[row].id == id) return index(row);
    }
    return {};
}

int ConnectionListModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

QVariant ConnectionListModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
    const Row& row = m_rows[index.row()];
    switch (role) {
    case Qt::DisplayRole: return row.text;
    case Qt::AccessibleTextRole: return row.text;
    case Qt::AccessibleDescriptionRole: return row.description;
    case IdRole: return row.id;
    case IsHeadingRole: return row.id.isEmpty();
    case StateRole: return static_cast<int>(row.state);
    case RoleTextRole: return row.roleText;
    case IsProductionRole: return row.isProduction;
    default: return {};
    }
}

Qt::ItemFlags ConnectionListModel::flags(const QModelIndex& index) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return Qt::NoItemFlags;
    return m_rows[index.row()].id.isEmpty() ? Qt::ItemIsEnabled : Qt::ItemIsEnabled | Qt::ItemIsSelectable | Qt::ItemNeverHasChildren;
}

} // namespace widgets
