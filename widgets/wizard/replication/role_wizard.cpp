#include "widgets/wizard/replication/role_wizard.h"

#include "widgets/look/format.h"
#include "widgets/wizard/frame/effects.h"
#include "widgets/wizard/plan/operation_token_page.h"
#include "widgets/wizard/plan/plan_pages.h"
#include "widgets/wizard/plan/steps.h"
#include "widgets/wizard/plan/type_page.h"

using namespace Qt::StringLiterals;

namespace widgets {
namespace {

QString titleOf(Command command)
{
    QString title = Commands::title(command);
    return title.remove(u'…');
}

} // namespace

RoleWizard::RoleWizard(FleetModel& fleet, ActionLog& log, Command command, const QString& clusterId, QWidget* parent)
    : WizardDialog{titleOf(command), parent}
    , m_fleet{fleet}
    , m_command{command}
    , m_clusterId{clusterId}
    , m_token{log}
    , m_plan{log}
{
    setObjectName(u"roleWizard"_s);
    if (const auto* node = fleet.state().node(clusterId)) {
        m_name = node->name();
        const auto& status = node->status;
        m_isPrimaryOfPerformance = status.performance.isPrimary();
        m_isPrimaryOfDr = status.dr.isPrimary();
        m_hasBothTypes = status.performance.isEnabled() && status.dr.isEnabled() &&
                         (command == Command::Disable || (status.performance.isPrimary() && status.dr.isPrimary()));
        m_type = node->role == ClusterRole::DrSecondary || !status.performance.isEnabled() ? ReplicationType::Dr : ReplicationType::Performance;
    }
    if (const auto* link = fleet.state().feeding(clusterId); link && command == Command::Revoke) {
        m_primaryId = link->fromId;
        m_type = link->type;
        m_secondaryId = fleet.state().node(clusterId)->status.of(link->type).secondaryId;
        m_hasBothTypes = false;
    }

    addPage(new TypePage{[this] { return m_hasBothTypes; }, [this](ReplicationType type) { m_type = type; }, this});
    addPage(new OperationTokenPage{m_token, [this] { return ClusterRef::of(m_fleet, m_clusterId); }, [this] { return needsDrToken(); }, this});
    PlanPage::Options plan;
    plan.prepare = [this] { makePlan(); };
    plan.heading = [this] { return m_plan.steps().isEmpty() ? tr("Nothing to do") : m_plan.steps().first().title; };
    plan.warning = [this] { return warning(); };
    plan.confirm = [this] { return m_name; };
    plan.goText = [this] { return titleOf(m_command); };
    addPage(new PlanPage{m_plan, plan, this});
    addPage(new RunPage{m_plan, {}, this});
    ReportPage::Options report;
    report.success = [this] { return m_plan.outcome(); };
    addPage(new ReportPage{m_plan, report, this});
    setSubtitle(m_name);
    begin();
    if (currentPage()->isSkipped()) next();
}

bool RoleWizard::needsDrToken() const
{
    return m_command == Command::Disable && m_type == ReplicationType::Dr && !isPrimary();
}

QString RoleWizard::warning() const
{
    switch (m_command) {
    case Command::Demote:
        return tr("From then on %1 accepts no writes until it or another cluster is promoted. Its secondaries lose their primary.").arg(m_name);
    case Command::Disable:
        if (isPrimary())
            return tr("The secondaries of %1 are cut off. To follow a primary again, each of them must be wiped and synchronised.").arg(m_name);
        return tr("%1 becomes a separate cluster with its present data. To follow a primary again, it must be wiped and synchronised.").arg(m_name);
    case Command::Revoke: return tr("%1 is cut off at once. It keeps its data and can come back with a new token.").arg(m_name);
    default: return {};
    }
}

void RoleWizard::makePlan()
{
    const auto cluster = ClusterRef::of(m_fleet, m_clusterId);
    const auto type = m_type;
    QList<PlanStep> steps;
    if (m_command == Command::Demote && cluster) {
        steps << Steps::request(cluster, tr("Demote %1 (%2)").arg(m_name, Format::type(type)),
                                {[type] { return requests::demotePrimary(type); },
                                 {},
                                 tr("%1 is demoted and has no primary.").arg(m_name),
                                 effects::isNoPrimary(m_clusterId, type)});
        steps << Steps::waitForMode(cluster, type, u"secondary"_s);
    } else if (m_command == Command::Disable && cluster) {
        steps << Steps::request(
            cluster, tr("Disable replication on %1 (%2)").arg(m_name, Format::type(type)),
            {[this, type] { return isPrimary() ? requests::disablePrimary(type) : requests::disableSecondary(type, m_token.token()); },
             {},
             tr("%1 does not replicate any more (%2).").arg(m_name, Format::type(type)),
             effects::isDisabled(m_clusterId, type)});
        steps << Steps::waitForMode(cluster, type, u"disabled"_s);
    } else if (m_command == Command::Revoke) {
        const auto primary = ClusterRef::of(m_fleet, m_primaryId);
        if (primary) {
            steps << Steps::request(primary, tr("Revoke %1 on %2").arg(m_secondaryId, primary.name),
                                    {[type, id = m_secondaryId] { return requests::revokeSecondary(type, id); },
                                     {},
                                     tr("%1 is cut off from %2.").arg(m_name, primary.name),
                                     effects::isKnown(m_primaryId, type, m_secondaryId, false)});
        }
    }
    m_plan.setSteps(steps);
}

void RoleWizard::stopPlans()
{
    m_plan.stop();
}

} // namespace widgets
