#include "widgets/wizard/replication/enable_wizard.h"

#include "widgets/client/secret_text.h"
#include "widgets/look/format.h"
#include "widgets/wizard/replication/enable_pages.h"
#include "widgets/wizard/plan/plan_pages.h"
#include "widgets/wizard/frame/secret_view.h"

using namespace Qt::StringLiterals;

namespace widgets {

EnableWizard::EnableWizard(FleetModel& fleet, ActionLog& log, const QString& primaryId, QWidget* parent)
    : WizardDialog{tr("Add a secondary"), parent}
    , m_model{fleet, log}
{
    setObjectName(u"enableWizard"_s);
    EnableModel::Choices choices;
    choices.primaryId = primaryId;
    m_model.choose(choices);

    addPage(new EnableChoicesPage{m_model, this});
    addPage(new EnableChecksPage{m_model, this});
    addPage(new EnableWipePage{m_model, this});
    PlanPage::Options plan;
    plan.prepare = [this] { m_model.makePlan(); };
    plan.heading = [this] {
        return m_model.choices().isHandOver ? tr("%1 gets the secondary %2").arg(m_model.primaryName(), m_model.secondaryName())
                                            : tr("%1 follows %2").arg(m_model.secondaryName(), m_model.primaryName());
    };
    plan.warning = [this] {
        return m_model.choices().isHandOver ? QString{}
                                            : tr("This plan wipes everything on %1.").arg(m_model.secondaryName()) + u' ' + m_model.safetyNet();
    };
    plan.goText = [this] { return m_model.choices().isHandOver ? tr("Create token") : tr("Wipe and activate"); };
    addPage(new PlanPage{m_model.plan(), plan, this});
    addPage(new RunPage{m_model.plan(), {}, this});
    ReportPage::Options report;
    report.success = [this] {
        if (m_model.choices().isHandOver) return tr("The token for %1 is ready").arg(m_model.secondaryName());
        return tr("%1 follows %2").arg(m_model.secondaryName(), m_model.primaryName());
    };
    report.next = [this] {
        if (m_model.choices().isHandOver) {
            return QStringList{
                tr("On the other cluster: holdfast write sys/replication/%1/secondary/enable token=@token.txt").arg(pathOf(m_model.choices().type)),
                tr("The token can be used once, within 30 minutes. The console stores no copy.")};
        }
        return QStringList{tr("From now on the keys of %2 unseal %1. The old root token of %1 is no longer valid.")
                               .arg(m_model.secondaryName(), m_model.primaryName()),
                           m_model.choices().type == ReplicationType::Dr
                               ? tr("To promote it later you need a DR operation token, made from key shares.")
                               : tr("Log in there with an auth method of %1, or make a root token from key shares.").arg(m_model.primaryName())};
    };
    report.extra = [this](QWidget* owner) -> QWidget* {
        return m_model.choices().isHandOver ? new SecretView{tr("Activation token"), u"Activation token"_s, textOf(m_model.activationToken()), owner}
                                            : nullptr;
    };
    addPage(new ReportPage{m_model.plan(), report, this});

    const auto showSubtitle = [this] {
        if (m_model.secondaryName().isEmpty()) return setSubtitle({});
        setSubtitle(tr("%1 follows %2").arg(m_model.secondaryName(), m_model.primaryName()));
    };
    connect(&m_model, &EnableModel::choicesChanged, this, showSubtitle);
    begin();
}

void EnableWizard::stopPlans()
{
    m_model.plan().stop();
}

} // namespace widgets
