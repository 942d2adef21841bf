#include "widgets/wizard/snapshot/snapshot_wizard.h"

#include "widgets/wizard/plan/plan_pages.h"
#include "widgets/wizard/snapshot/snapshot_pages.h"

using namespace Qt::StringLiterals;

namespace widgets {

using Task = SnapshotModel::Task;

SnapshotWizard::SnapshotWizard(FleetModel& fleet, ActionLog& log, const QString& clusterId, QWidget* parent)
    : WizardDialog{tr("Snapshots"), parent}
    , m_model{fleet, log}
{
    setObjectName(u"snapshotWizard"_s);
    m_model.setCluster(clusterId);
    addPage(new SnapshotTaskPage{m_model, this});
    addPage(new SnapshotFilePage{m_model, this});
    addPage(new SnapshotSchedulePage{m_model, this});
    addPage(new SnapshotChecksPage{m_model, this});
    PlanPage::Options plan;
    plan.prepare = [this] { m_model.makePlan(); };
    plan.heading = [this] { return heading(); };
    plan.warning = [this] {
        return m_model.task() == Task::Restore ? tr("Everything that %1 holds now is replaced.").arg(m_model.clusterName()) : QString{};
    };
    plan.confirm = [this] { return m_model.task() == Task::Restore ? m_model.clusterName() : QString{}; };
    plan.goText = [this] {
        if (m_model.task() == Task::Save) return tr("Save");
        if (m_model.task() == Task::Restore) return tr("Restore");
        return m_model.isDeleted ? tr("Remove") : tr("Set up");
    };
    addPage(new PlanPage{m_model.plan(), plan, this});
    addPage(new RunPage{m_model.plan(), {}, this});
    ReportPage::Options report;
    report.success = [this] { return m_model.plan().outcome(); };
    report.next = [this] {
        if (m_model.task() == Task::Save)
            return QStringList{tr("Keep the file and the unseal keys in different places. One is useless without the other.")};
        return QStringList{};
    };
    addPage(new ReportPage{m_model.plan(), report, this});
    connect(&m_model, &SnapshotModel::changed, this, [this] { setSubtitle(m_model.clusterName()); });
    begin();
    setSubtitle(m_model.clusterName());
}

QString SnapshotWizard::heading() const
{
    switch (m_model.task()) {
    case Task::Save: return tr("Save a snapshot of %1").arg(m_model.clusterName());
    case Task::Restore: return tr("Restore %1").arg(m_model.clusterName());
    case Task::Schedule:
        return m_model.isDeleted ? tr("The schedule %2 of %1 is removed").arg(m_model.clusterName(), m_model.schedule.name)
                                 : tr("%1 saves snapshots automatically").arg(m_model.clusterName());
    }
    return {};
}

void SnapshotWizard::stopPlans()
{
    m_model.plan().stop();
}

} // namespace widgets
