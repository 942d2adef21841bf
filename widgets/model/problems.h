#pragma once

#include "widgets/fleet/fleet_state.h"

#include <QAbstractListModel>
#include <QCoreApplication>

namespace widgets {

/// A problem for the operator: what it is, the facts, and what to do next.
struct Problem {
    /// The kind of the problem; a cluster has at most one problem of each kind.
    enum class Kind { State, Mounts, Primaries, Keys };

    QString subjectId; // of the cluster or link
    QString subjectName;
    Kind kind = Kind::State;
    HealthState state = HealthState::Unknown;
    QString title;
    QString facts;
    QString next;
};

class Problems {
    Q_DECLARE_TR_FUNCTIONS(Problems)

public:
    /// Worst first.
    static QList<Problem> find(const FleetState& fleet);

private:
    static Problem ofNode(const FleetNode& node);
    /// Problems that the server itself reports in addition to its state.
    static QList<Problem> toldBy(const FleetNode& node);
    static Problem ofLink(const FleetState& fleet, const FleetLink& link);
};

/// The problems as a list.
class ProblemListModel final : public QAbstractListModel {
    Q_OBJECT
    friend struct RowSync;

public:
    enum Role { IdRole = Qt::UserRole + 1, StateRole, NameRole, FactsRole, NextRole };

    explicit ProblemListModel(QObject* parent = nullptr);
    void show(const QList<Problem>& problems);

    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;

private:
    QList<Problem> m_problems;
};

} // namespace widgets
