#pragma once

#include "widgets/wizard/plan/operation_token.h"
#include "widgets/wizard/plan/plan_model.h"
#include "widgets/wizard/plan/check_model.h"

namespace widgets {

/// Promotes a secondary. Planned: by the primary's switchover, or, if the primary has none, by demoting it first. Unplanned: the
/// primary is lost.
class PromoteModel final : public QObject {
    Q_OBJECT

public:
    struct Choices {
        QString secondaryId;
        bool isPlanned = true;
        bool isForced = false;

        bool operator==(const Choices&) const = default;
    };

    /// The known state of both ends. Indexes are of the primary's log.
    struct Loss {
        bool hasPrimary = false; // the primary is connected here and has answered at least once
        bool isPrimaryReachable = false;
        double secondsSincePrimary = 0; // since it answered last
        qint64 primaryIndex = 0;
        qint64 remoteIndex = 0;
        qint64 missing = 0;
        QString primaryName;
    };

    PromoteModel(FleetModel& fleet, ActionLog& log, QObject* parent = nullptr);

    FleetModel& fleet() { return m_fleet; }
    const Choices& choices() const { return m_choices; }
    void choose(const Choices& choices);
    QList<const FleetNode*> secondaries() const;
    ReplicationType type() const;
    QString secondaryName() const;
    QString primaryName() const;
    QString primaryId() const { return m_primaryId; }
    /// The primary can hand over in one call; its other secondaries then follow without new tokens.
    bool isSwitchover() const;
    /// The other secondaries of the same primary and type.
    QStringList otherSecondaries() const { return m_otherSecondaries; }

    Loss loss() const;
    CheckModel& preflight() { return m_preflight; }
    void check();

    OperationToken& token() { return m_token; }
    PlanModel& plan() { return m_plan; }
    void makePlan();

Q_SIGNALS:
    void choicesChanged();

private:
    FleetModel& m_fleet;
    Choices m_choices;
    QString m_primaryId; // kept, because the link does not exist afterwards
    QString m_primaryName;
    ReplicationType m_type = ReplicationType::Performance;
    QStringList m_otherSecondaries;
    CheckModel m_preflight;
    OperationToken m_token;
    PlanModel m_plan;
};

} // namespace widgets
