#pragma once

#include "widgets/fleet/fleet_state.h"

#include <QAbstractListModel>
#include <QDateTime>
#include <QList>

#include <functional>

namespace widgets {

/// The operator's actions in this session, each with the command that does the same. Newest last.
///
/// An entry is `Sent` if its request was sent and no answer was seen: it may have happened, or may still happen. It stays
/// so until the status of the cluster shows the effect, or a late answer arrives.
class ActionLog final : public QAbstractListModel {
    Q_OBJECT

public:
    enum class Outcome { Running, Done, Failed, Sent };
    /// True if the status of the clusters shows that a request has taken effect.
    using Effect = std::function<bool(const FleetState&)>;
    enum Role { TimeRole = Qt::UserRole + 1, ClusterRole, CommandRole, OutcomeRole, DetailRole };

    struct Entry {
        QDateTime at;
        QString cluster;
        QString text;
        QString command; // never contains a secret
        Outcome outcome = Outcome::Running;
        QString detail;     // why it failed, or how its outcome became known
        Effect effect = {}; // checked while the entry is Sent; empty: no status shows it
    };

    explicit ActionLog(QObject* parent = nullptr);

    /// Returns the row, for finish().
    int begin(const QString& cluster, const QString& text, const QString& command);
    void finish(int row, Outcome outcome, const QString& detail = {});
    /// The request of the entry was sent, and nothing waits for its answer any more.
    void leave(int row, Effect effect);
    /// Checks whether the clusters now show the effect of entries that are Sent.
    void look(const FleetState& fleet);
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
