#pragma once

#include <QAbstractListModel>
#include <QDateTime>
#include <QList>

namespace widgets {

/// What the operator did in this session, each with the command line that does the same. Newest last.
class ActionLog final : public QAbstractListModel {
    Q_OBJECT

public:
    enum class Outcome { Running, Done, Failed };
    enum Role { TimeRole = Qt::UserRole + 1, ClusterRole, CommandRole, OutcomeRole, DetailRole };

    struct Entry {
        QDateTime at;
        QString cluster;
        QString text;
        QString command;  // never with a secret in it
        Outcome outcome = Outcome::Running;
        QString detail;  // why it failed
    };

    explicit ActionLog(QObject* parent = nullptr);

    /// Returns the row, for finish().
    int begin(const QString& cluster, const QString& text, const QString& command);
    void finish(int row, Outcome outcome, const QString& detail = {});
    /// An entry that is complete from the start.
    void add(const Entry& entry);

    const Entry& entry(int row) const { return m_entries[row]; }
    /// All commands that succeeded, as a script.
    QString script() const;

    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;

private:
    QList<Entry> m_entries;
};

} // namespace widgets
