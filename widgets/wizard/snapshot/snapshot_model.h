#pragma once

#include "widgets/wizard/plan/plan_model.h"
#include "widgets/wizard/plan/check_model.h"

namespace widgets {

/// Snapshots of one cluster: save now, restore, an automatic schedule that runs in the server.
class SnapshotModel final : public QObject {
    Q_OBJECT

public:
    enum class Task { Save, Restore, Schedule };

    struct Schedule {
        QString name;
        qint64 intervalSeconds = 0;
        int retain = 7;
        QString pathPrefix;
        QString filePrefix;
        qint64 spaceBytesMax = 0;

        bool operator==(const Schedule&) const = default;
    };

    struct ScheduleStatus {
        QString lastEnd;
        QString lastUrl;
        QString lastError;
    };

    SnapshotModel(FleetModel& fleet, ActionLog& log, QObject* parent = nullptr);

    FleetModel& fleet() { return m_fleet; }
    QList<const FleetNode*> clusters() const;
    QString clusterId() const { return m_clusterId; }
    void setCluster(const QString& id);
    QString clusterName() const;
    Task task() const { return m_task; }
    void setTask(Task task);

    QString file;           // to save to, or to restore from
    bool isForced = false;  // restore a snapshot made under other unseal keys
    bool isDeleted = false; // the schedule is to be removed
    Schedule schedule;

    /// Reads the existing schedules; schedulesChanged() follows.
    void loadSchedules();
    const QStringList& scheduleNames() const { return m_names; }
    /// Reads one schedule into `schedule`.
    void loadSchedule(const QString& name);
    const ScheduleStatus& scheduleStatus() const { return m_status; }
    const QString& problem() const { return m_problem; }

    /// Why the task cannot continue yet, as a text for people; empty: it can continue.
    QString missingInput() const;

    CheckModel& preflight() { return m_preflight; }
    void check();
    PlanModel& plan() { return m_plan; }
    void makePlan();

Q_SIGNALS:
    void changed();
    void schedulesChanged();

private:
    PlanStep saveStep();
    PlanStep restoreStep();
    QJsonObject config() const;

    FleetModel& m_fleet;
    QString m_clusterId;
    Task m_task = Task::Save;
    QStringList m_names;
    ScheduleStatus m_status;
    QString m_problem;
    CheckModel m_preflight;
    PlanModel m_plan;
};

} // namespace widgets
