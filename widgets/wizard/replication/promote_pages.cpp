#include "widgets/wizard/replication/promote_pages.h"

#include "widgets/client/command_line.h"
#include "widgets/look/format.h"
#include "widgets/wizard/frame/choice_card.h"

#include <QButtonGroup>
#include <QCheckBox>
#include <QComboBox>
#include <QHBoxLayout>
#include <QPushButton>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace widgets {

PromoteSituationPage::PromoteSituationPage(PromoteModel& model, QWidget* parent) : WizardPage{tr("Situation"), parent}, m_model{model}
{
    setHeading(tr("Who takes over?"), tr("The promoted cluster becomes the primary and accepts writes from then on."));
    m_secondary = new QComboBox{this};
    m_secondary->setObjectName(u"promoteSecondary"_s);
    m_secondary->setAccessibleName(u"Secondary to promote"_s);
    auto* form = new FormGrid{this};
    form->addRow(tr("&Promote"), m_secondary);
    body()->addWidget(form);

    auto* group = new QButtonGroup{this};
    m_planned =
        new ChoiceCard{tr("Planned"), tr("The primary is alive. It waits until the secondary has everything, then hands over. Nothing is lost."),
                       u"Planned promotion"_s, *group, this};
    m_unplanned =
        new ChoiceCard{tr("Unplanned"), tr("The primary is lost: promote the secondary as it is. Writes that have not arrived there are lost."),
                       u"Unplanned promotion"_s, *group, this};
    auto* cards = new QHBoxLayout;
    cards->setSpacing(12);
    cards->addWidget(m_planned, 1);
    cards->addWidget(m_unplanned, 1);
    body()->addLayout(cards);
    m_force = new QCheckBox{tr("Promote even while it is still catching up"), this};
    m_force->setObjectName(u"promoteForce"_s);
    m_force->setAccessibleName(u"Promote while catching up"_s);
    body()->addWidget(m_force);

    connect(m_secondary, &QComboBox::currentIndexChanged, this, &PromoteSituationPage::gather);
    connect(group, &QButtonGroup::buttonToggled, this, &PromoteSituationPage::gather);
    connect(m_force, &QCheckBox::toggled, this, &PromoteSituationPage::gather);
}

void PromoteSituationPage::enter()
{
    m_isFilling = true;
    fillClusters(*m_secondary, m_model.secondaries(), m_model.choices().secondaryId);
    m_isFilling = false;
    auto choices = m_model.choices();
    choices.secondaryId = m_secondary->currentData().toString();
    m_model.choose(choices);
    // Proposes planned or unplanned from the state of the primary.
    if (!m_planned->button()->isChecked() && !m_unplanned->button()->isChecked()) {
        choices.isPlanned = m_model.loss().isPrimaryReachable;
        m_model.choose(choices);
    }
    refresh();
}

void PromoteSituationPage::refresh()
{
    m_isFilling = true;
    (m_model.choices().isPlanned ? m_planned : m_unplanned)->button()->setChecked(true);
    m_force->setVisible(!m_model.choices().isPlanned);
    m_isFilling = false;
    Q_EMIT changed();
}

void PromoteSituationPage::gather()
{
    if (m_isFilling) return;
    PromoteModel::Choices choices;
    choices.secondaryId = m_secondary->currentData().toString();
    choices.isPlanned = m_planned->button()->isChecked();
    choices.isForced = !choices.isPlanned && m_force->isChecked();
    m_model.choose(choices);
    refresh();
}

PromoteLossPage::PromoteLossPage(PromoteModel& model, QWidget* parent)
    : WizardPage{tr("What would be lost"), parent}
    , m_model{model}
    , m_facts{new FactCards{this}}
    , m_checks{new CheckList{this}}
    , m_commands{new CommandBox{this}}
{
    body()->addWidget(m_facts);
    body()->addWidget(makeHeading(tr("Before you continue"), this));
    body()->addWidget(m_checks);
    auto* again = makeCheckAgain(this);
    body()->addWidget(again, 0, Qt::AlignLeft);
    body()->addWidget(m_commands);
    connect(again, &QPushButton::clicked, this, [this] { m_model.check(); });
    connect(&model.preflight(), &CheckModel::changed, this, [this] {
        m_checks->present(m_model.preflight().checks());
        Q_EMIT changed();
    });
    connect(&model.fleet(), &FleetModel::changed, this, [this] {
        if (isVisible()) refreshFacts();
    });
}

void PromoteLossPage::enter()
{
    refreshFacts();
    m_model.check();
    m_checks->present(m_model.preflight().checks());
    const auto secondary = ClusterRef::of(m_model.fleet(), m_model.choices().secondaryId);
    m_commands->present({commandFor(requests::replicationStatus(), secondary.address)});
}

void PromoteLossPage::refreshFacts()
{
    const auto loss = m_model.loss();
    const QString secondary = m_model.secondaryName();
    QString text;
    if (!loss.hasPrimary)
        text = tr("The primary of %1 is not connected here, so what is missing is not known. %1 holds everything up to %2.")
                   .arg(secondary, Format::count(loss.remoteIndex));
    else if (loss.isPrimaryReachable)
        text = tr("%1 is at index %2. %3 holds everything up to %4.")
                   .arg(loss.primaryName, Format::count(loss.primaryIndex), secondary, Format::count(loss.remoteIndex));
    else
        text = tr("%1 answered last %2 ago, at index %3. %4 holds everything up to %5.")
                   .arg(loss.primaryName, Format::duration(loss.secondsSincePrimary), Format::count(loss.primaryIndex), secondary,
                        Format::count(loss.remoteIndex));
    setHeading(m_model.choices().isPlanned ? tr("Nothing would be lost") : tr("What would be lost"), text);

    QList<FactCards::Fact> facts;
    if (m_model.choices().isPlanned) {
        facts << FactCards::Fact{Format::count(loss.missing), tr("entries still to arrive before the change"),
                                 loss.missing == 0 ? u"ok"_s : u"warn"_s};
        facts << FactCards::Fact{u"0"_s, tr("writes lost"), u"ok"_s};
    } else {
        facts << FactCards::Fact{loss.hasPrimary ? Format::count(loss.missing) : u"?"_s, tr("entries that are missing and would be lost"),
                                 loss.hasPrimary && loss.missing == 0 ? u"ok"_s : u"error"_s};
        facts << FactCards::Fact{loss.hasPrimary && !loss.isPrimaryReachable ? Format::duration(loss.secondsSincePrimary) : u"–"_s,
                                 tr("since the last answer; later writes are unknown"), u"warn"_s};
    }
    facts << FactCards::Fact{Format::count(loss.remoteIndex), tr("the index that %1 holds").arg(secondary), u"ok"_s};
    m_facts->present(facts);
    Q_EMIT changed();
}

} // namespace widgets
