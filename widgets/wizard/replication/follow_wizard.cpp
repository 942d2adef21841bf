#include "widgets/wizard/replication/follow_wizard.h"

#include "widgets/wizard/replication/follow_pages.h"
#include "widgets/wizard/plan/operation_token_page.h"
#include "widgets/wizard/plan/plan_pages.h"

using namespace Qt::StringLiterals;

namespace widgets {

FollowWizard::FollowWizard(FleetModel& fleet, ActionLog& log, const FollowModel::Choices& choices, QWidget* parent)
    : WizardDialog{tr("Update primary"), parent}
    , m_model{fleet, log}
{
    setObjectName(u"followWizard"_s);
    m_model.choose(choices);
    addPage(new FollowChoicesPage{m_model, this});

    // A DR operation token can be made only on a DR secondary. So an old primary is demoted first.
    const auto isNoDemotion = [this] { return !m_model.mustDemote(); };
    PlanPage::Options demotion;
    demotion.stepTitle = tr("Demote");
    demotion.isSkipped = isNoDemotion;
    demotion.prepare = [this] { m_model.makeDemotion(); };
    demotion.heading = [this] { return tr("%1 stops being a primary").arg(m_model.clusterName()); };
    demotion.warning = [this] { return tr("From then on %1 accepts no writes from clients.").arg(m_model.clusterName()); };
    demotion.confirm = [this] { return m_model.clusterName(); };
    demotion.goText = [] { return tr("Demote"); };
    addPage(new PlanPage{m_model.demotion(), demotion, this});
    addPage(new RunPage{m_model.demotion(), {tr("Demoting"), isNoDemotion}, this});

    addPage(new OperationTokenPage{m_model.token(), [this] { return ClusterRef::of(m_model.fleet(), m_model.choices().clusterId); },
                                   [this] { return m_model.choices().type == ReplicationType::Dr; }, this});
    PlanPage::Options plan;
    plan.prepare = [this] { m_model.makePlan(); };
    plan.heading = [this] { return tr("%1 follows %2").arg(m_model.clusterName(), m_model.primaryName()); };
    plan.warning = [this] { return tr("Data that %1 has and %2 does not have is lost.").arg(m_model.clusterName(), m_model.primaryName()); };
    plan.goText = [] { return tr("Update primary"); };
    addPage(new PlanPage{m_model.plan(), plan, this});
    addPage(new RunPage{m_model.plan(), {}, this});
    ReportPage::Options report;
    report.success = [this] { return tr("%1 follows %2").arg(m_model.clusterName(), m_model.primaryName()); };
    addPage(new ReportPage{m_model.plan(), report, this});

    const auto showSubtitle = [this] {
        if (m_model.areChoicesComplete()) setSubtitle(tr("%1 follows %2").arg(m_model.clusterName(), m_model.primaryName()));
        else setSubtitle({});
    };
    connect(&m_model, &FollowModel::choicesChanged, this, showSubtitle);
    begin();
    showSubtitle();
}

void FollowWizard::stopPlans()
{
    m_model.demotion().stop();
    m_model.plan().stop();
}

} // namespace widgets
