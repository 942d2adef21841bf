#include "widgets/wizard/replication/promote_wizard.h"

#include "widgets/wizard/plan/operation_token_page.h"
#include "widgets/wizard/plan/plan_pages.h"
#include "widgets/wizard/replication/promote_pages.h"

#include <QHBoxLayout>
#include <QPushButton>

using namespace Qt::StringLiterals;

namespace widgets {

PromoteWizard::PromoteWizard(FleetModel& fleet, ActionLog& log, const QString& secondaryId, QWidget* parent)
    : WizardDialog{tr("Promote"), parent}
    , m_model{fleet, log}
{
    setObjectName(u"promoteWizard"_s);
    PromoteModel::Choices choices;
    choices.secondaryId = secondaryId;
    m_model.choose(choices);

    addPage(new PromoteSituationPage{m_model, this});
    addPage(new PromoteLossPage{m_model, this});
    addPage(new OperationTokenPage{m_model.token(), [this] { return ClusterRef::of(m_model.fleet(), m_model.choices().secondaryId); },
                                   [this] { return m_model.type() == ReplicationType::Dr && !m_model.isSwitchover(); }, this});
    PlanPage::Options plan;
    plan.prepare = [this] {
        m_wasSwitchover = m_model.isSwitchover();
        m_model.makePlan();
    };
    const auto headline = [this] {
        return m_model.primaryName().isEmpty() ? tr("%1 becomes the primary").arg(m_model.secondaryName())
                                               : tr("%1 takes over from %2").arg(m_model.secondaryName(), m_model.primaryName());
    };
    plan.heading = headline;
    plan.warning = [this] {
        const auto loss = m_model.loss();
        if (m_model.choices().isPlanned) return QString{};
        if (!loss.hasPrimary) return tr("It is not known which data %1 lacks. That data is lost.").arg(m_model.secondaryName());
        return tr("%n entries that have not arrived are lost, and all writes to the old primary after that.", nullptr,
                  static_cast<int>(loss.missing));
    };
    plan.confirm = [this] { return m_model.secondaryName(); };
    plan.goText = [] { return tr("Promote"); };
    addPage(new PlanPage{m_model.plan(), plan, this});
    addPage(new RunPage{m_model.plan(), {}, this});
    ReportPage::Options report;
    report.success = [this] { return tr("%1 is the primary").arg(m_model.secondaryName()); };
    report.next = [this] { return nextSteps(); };
    report.extra = [this](QWidget* owner) -> QWidget* {
        if (m_model.primaryId().isEmpty() || m_wasSwitchover) return nullptr;
        auto* part = new QWidget{owner};
        auto* button = new QPushButton{tr("Let %1 follow %2…").arg(m_model.primaryName(), m_model.secondaryName()), part};
        button->setObjectName(u"letFollow"_s);
        button->setAccessibleName(u"Let the old primary follow"_s);
        button->setAutoDefault(false);
        connect(button, &QPushButton::clicked, this, [this] {
            Q_EMIT followRequested(m_model.primaryId(), m_model.choices().secondaryId);
            accept();
        });
        auto* row = new QHBoxLayout{part};
        row->setContentsMargins(0, 0, 0, 0);
        row->addWidget(button);
        row->addStretch(1);
        return part;
    };
    addPage(new ReportPage{m_model.plan(), report, this});
    const auto showSubtitle = [this, headline] { setSubtitle(m_model.secondaryName().isEmpty() ? QString{} : headline()); };
    connect(&m_model, &PromoteModel::choicesChanged, this, showSubtitle);
    showSubtitle();
    begin();
}

QStringList PromoteWizard::nextSteps() const
{
    const auto primary = m_model.primaryName();
    const auto secondary = m_model.secondaryName();
    QStringList next{tr("Point clients to %1.").arg(secondary)};
    if (m_model.type() == ReplicationType::Dr) next << tr("It accepts the logins and tokens of the old primary.");
    if (m_wasSwitchover) {
        next << tr("%1 already follows it. To go back, do the same in the other direction.").arg(primary);
        return next;
    }
    if (!primary.isEmpty() && m_model.choices().isPlanned) next << tr("%1 is demoted. Make it a secondary of %2.").arg(primary, secondary);
    else if (!primary.isEmpty())
        next << tr("%1 can still accept writes if it runs. Make it a secondary of %2, or keep it stopped.").arg(primary, secondary);
    if (const auto others = m_model.otherSecondaries(); !others.isEmpty())
        next << tr("Check that these follow %1: %2. If one does not, give it a new token with Update primary.").arg(secondary, others.join(u", "_s));
    return next;
}

void PromoteWizard::stopPlans()
{
    m_model.plan().stop();
}

} // namespace widgets
