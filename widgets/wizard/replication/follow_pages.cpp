#include "widgets/wizard/replication/follow_pages.h"

#include "widgets/wizard/frame/choice_card.h"

#include <QButtonGroup>
#include <QComboBox>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace widgets {

FollowChoicesPage::FollowChoicesPage(FollowModel& model, QWidget* parent) : WizardPage{tr("Clusters"), parent}, m_model{model}
{
    setHeading(tr("Who follows whom?"), tr("The cluster keeps its data. Only data that differs from the new primary is replaced."));
    auto* group = new QButtonGroup{this};
    m_performance =
        new ChoiceCard{tr("Performance"), tr("A performance secondary, or the old performance primary."), u"Performance replication"_s, *group, this};
    m_dr = new ChoiceCard{tr("Disaster recovery"), tr("A DR secondary, or the old DR primary. Needs a DR operation token."),
                          u"Disaster recovery replication"_s, *group, this};
    auto* cards = new QHBoxLayout;
    cards->setSpacing(12);
    cards->addWidget(m_performance, 1);
    cards->addWidget(m_dr, 1);
    body()->addLayout(cards);
    m_cluster = new QComboBox{this};
    m_cluster->setObjectName(u"followCluster"_s);
    m_cluster->setAccessibleName(u"Cluster"_s);
    m_primary = new QComboBox{this};
    m_primary->setObjectName(u"followPrimary"_s);
    m_primary->setAccessibleName(u"New primary"_s);
    m_primaryApiAddr = new QLineEdit{this};
    m_primaryApiAddr->setObjectName(u"followPrimaryApiAddr"_s);
    m_primaryApiAddr->setAccessibleName(u"Primary API address"_s);
    m_primaryApiAddr->setPlaceholderText(tr("default: the address in the token"));
    m_caFile = new QLineEdit{this};
    m_caFile->setObjectName(u"followCaFile"_s);
    m_caFile->setAccessibleName(u"CA file on the cluster"_s);
    m_caFile->setPlaceholderText(tr("default: the cluster's system certificates"));
    auto* form = new FormGrid{this};
    form->addRow(tr("&Cluster"), m_cluster);
    form->addRow(tr("New &primary"), m_primary);
    form->addRow(tr("Primary's API &address"), m_primaryApiAddr);
    form->addRow(tr("CA &file on the cluster"), m_caFile);
    body()->addWidget(form);
    m_checks = new CheckList{this};
    body()->addWidget(m_checks);

    connect(group, &QButtonGroup::buttonToggled, this, [this](QAbstractButton*, bool isOn) {
        if (isOn) gather(true);
    });
    connect(m_cluster, &QComboBox::currentIndexChanged, this, [this] { gather(true); });
    connect(m_primary, &QComboBox::currentIndexChanged, this, [this] { gather(true); });
    for (auto* edit : {m_primaryApiAddr, m_caFile}) connect(edit, &QLineEdit::textChanged, this, [this] { gather(false); });
    connect(&model.preflight(), &CheckModel::changed, this, [this] {
        m_checks->present(m_model.preflight().checks());
        Q_EMIT changed();
    });
}

void FollowChoicesPage::refill()
{
    m_isRefilling = true;
    auto choices = m_model.choices();
    (choices.type == ReplicationType::Dr ? m_dr : m_performance)->button()->setChecked(true);
    fillClusters(*m_cluster, m_model.clusters(), choices.clusterId);
    choices.clusterId = m_cluster->currentData().toString();
    m_model.choose(choices);
    fillClusters(*m_primary, m_model.primaries(), choices.primaryId);
    choices.primaryId = m_primary->currentData().toString();
    m_model.choose(choices);
    choices.caFile = m_model.suggestedCaFile();
    m_model.choose(choices);
    m_caFile->setText(choices.caFile);
    m_isRefilling = false;
    if (m_model.areChoicesComplete()) m_model.check();
    m_checks->setVisible(m_model.areChoicesComplete());
    m_checks->present(m_model.preflight().checks());
    Q_EMIT changed();
}

void FollowChoicesPage::gather(bool isNewPair)
{
    if (m_isRefilling) return;
    FollowModel::Choices choices;
    choices.type = m_dr->button()->isChecked() ? ReplicationType::Dr : ReplicationType::Performance;
    choices.clusterId = m_cluster->currentData().toString();
    choices.primaryId = m_primary->currentData().toString();
    choices.primaryApiAddr = m_primaryApiAddr->text().trimmed();
    choices.caFile = m_caFile->text().trimmed();
    m_model.choose(choices);
    if (isNewPair) refill();
    Q_EMIT changed();
}

} // namespace widgets
