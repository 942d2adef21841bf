#include "widgets/model/action_log.h"

#include "widgets/client/command_line.h"

using namespace Qt::StringLiterals;

namespace widgets {

ActionLog::ActionLog(QObject* parent) : QAbstractListModel{parent} {}

int ActionLog::begin(const QString& cluster, const QString& text, const QString& command)
{
    add({QDateTime::currentDateTime(), cluster, text, command, Outcome::Running, {}});
    return static_cast<int>(m_entries.size()) - 1;
}

void ActionLog::add(const Entry& entry)
{
    const int row = static_cast<int>(m_entries.size());
    beginInsertRows({}, row, row);
    m_entries << entry;
    endInsertRows();
}

void ActionLog::finish(int row, Outcome outcome, const QString& detail)
{
    m_entries[row].outcome = outcome;
    m_entries[row].detail = detail;
    Q_EMIT dataChanged(index(row), index(row));
}

void ActionLog::leave(int row, Effect effect)
{
    m_entries[row].effect = std::move(effect);
    finish(row, Outcome::Sent, tr("sent, outcome unknown"));
}

void ActionLog::look(const FleetState& fleet)
{
    for (int row = 0; row < static_cast<int>(m_entries.size()); ++row) {
        const Entry& entry = m_entries[row];
        if (entry.outcome == Outcome::Sent && entry.effect && entry.effect(fleet))
            finish(row, Outcome::Done, tr("the status shows that it happened"));
    }
}

QString ActionLog::script() const
{
    QString text = u"#!/bin/bash\nset -e\n"_s;
    for (const auto& entry : m_entries) {
        if (entry.outcome == Outcome::Done) text += u"\n# %1: %2\n%3\n"_s.arg(onOneLine(entry.cluster), onOneLine(entry.text), entry.command);
    }
    return text;
}

int ActionLog::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_entries.size());
}

QVariant ActionLog::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
    const Entry& entry = m_entries[index.row()];
    switch (role) {
    case Qt::DisplayRole: return entry.text;
    case Qt::AccessibleTextRole: return u"%1: %2: %3"_s.arg(entry.cluster, entry.text, entry.command);
    case Qt::ToolTipRole: return entry.detail.isEmpty() ? QVariant{} : QVariant{entry.detail};
    case TimeRole: return entry.at;
    case ClusterRole: return entry.cluster;
    case CommandRole: return entry.command;
    case OutcomeRole: return static_cast<int>(entry.outcome);
    case DetailRole: return entry.detail;
    default: return {};
    }
}

} // namespace widgets
