#include "widgets/wizard/replication/enable_pages.h"

#include "widgets/look/format.h"
#include "widgets/look/theme.h"
#include "widgets/look/field_list.h"
#include "widgets/wizard/frame/choice_card.h"

#include <QButtonGroup>
#include <QCheckBox>
#include <QComboBox>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QPushButton>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace widgets {

EnableChoicesPage::EnableChoicesPage(EnableModel& model, QWidget* parent)
    : WizardPage{tr("Clusters"), parent}
    , m_model{model}
    , m_types{new QButtonGroup{this}}
{
    setHeading(tr("Which cluster follows which?"), tr("A secondary receives every write of its primary at once, encrypted."));
    m_performance =
        new ChoiceCard{tr("Performance"), tr("Serves reads and logins itself, and forwards writes to the primary. It has its own tokens and leases."),
                       u"Performance replication"_s, *m_types, this};
    m_dr = new ChoiceCard{tr("Disaster recovery"), tr("Has a copy of everything, even tokens and leases. It serves no clients until it is promoted."),
                          u"Disaster recovery replication"_s, *m_types, this};
    auto* cards = new QHBoxLayout;
    cards->setSpacing(12);
    cards->addWidget(m_performance, 1);
    cards->addWidget(m_dr, 1);
    body()->addLayout(cards);

    m_primary = new QComboBox{this};
    m_primary->setObjectName(u"enablePrimary"_s);
    m_primary->setAccessibleName(u"Primary"_s);
    m_secondary = new QComboBox{this};
    m_secondary->setObjectName(u"enableSecondary"_s);
    m_secondary->setAccessibleName(u"Secondary"_s);
    m_handOver = new QCheckBox{tr("The secondary is not connected here: show its activation token"), this};
    m_handOver->setObjectName(u"enableHandOver"_s);
    m_handOver->setAccessibleName(u"Hand the token over"_s);
    m_activationId = new QLineEdit{this};
    m_activationId->setObjectName(u"enableActivationId"_s);
    m_activationId->setAccessibleName(u"Secondary id"_s);
    m_primaryApiAddr = new QLineEdit{this};
    m_primaryApiAddr->setObjectName(u"enablePrimaryApiAddr"_s);
    m_primaryApiAddr->setAccessibleName(u"Primary API address"_s);
    m_primaryApiAddr->setPlaceholderText(tr("default: the address in the token"));
    m_caFile = new QLineEdit{this};
    m_caFile->setObjectName(u"enableCaFile"_s);
    m_caFile->setAccessibleName(u"CA file on the secondary"_s);
    m_caFile->setPlaceholderText(tr("default: the secondary's system certificates"));
    auto* form = new FormGrid{this};
    form->addRow(tr("&Primary"), m_primary);
    form->addRow(tr("&Secondary"), m_secondary);
    form->addRow(QString{}, m_handOver);
    form->addRow(tr("Secondary &id"), m_activationId);
    form->addRow(tr("Primary's API &address"), m_primaryApiAddr);
    form->addRow(tr("&CA file on the secondary"), m_caFile);
    body()->addWidget(form);
    m_hint = makeText(tr("No connected cluster can become a secondary. Add a connection to one, or show the activation token."), u"warn"_s, this);
    body()->addWidget(m_hint);

    connect(m_types, &QButtonGroup::buttonToggled, this, [this](QAbstractButton*, bool isOn) {
        if (isOn) gather(true);
    });
    connect(m_primary, &QComboBox::currentIndexChanged, this, [this] { gather(true); });
    connect(m_secondary, &QComboBox::currentIndexChanged, this, [this] { gather(true); });
    connect(m_handOver, &QCheckBox::toggled, this, [this] { gather(true); });
    for (auto* edit : {m_activationId, m_primaryApiAddr, m_caFile}) connect(edit, &QLineEdit::textChanged, this, [this] { gather(false); });
}

void EnableChoicesPage::enter()
{
    refill();
}

void EnableChoicesPage::refill()
{
    m_isRefilling = true;
    auto choices = m_model.choices();
    (choices.type == ReplicationType::Dr ? m_dr : m_performance)->button()->setChecked(true);
    fillClusters(*m_primary, m_model.primaries(), choices.primaryId);
    choices.primaryId = m_primary->currentData().toString();
    m_model.choose(choices);
    fillClusters(*m_secondary, m_model.secondaries(), choices.secondaryId);
    choices.secondaryId = m_secondary->currentData().toString();
    m_secondary->setEnabled(!choices.isHandOver);
    m_handOver->setChecked(choices.isHandOver);
    m_model.choose(choices);
    choices.activationId = m_model.suggestedActivationId();
    choices.caFile = m_model.suggestedCaFile();
    m_model.choose(choices);
    m_activationId->setText(choices.activationId);
    m_caFile->setText(choices.caFile);
    m_primaryApiAddr->setEnabled(!choices.isHandOver);
    m_caFile->setEnabled(!choices.isHandOver);
    m_hint->setVisible(!choices.isHandOver && m_secondary->count() == 0);
    m_isRefilling = false;
    Q_EMIT changed();
}

void EnableChoicesPage::gather(bool isNewPair)
{
    if (m_isRefilling) return;
    EnableModel::Choices choices;
    choices.type = m_dr->button()->isChecked() ? ReplicationType::Dr : ReplicationType::Performance;
    choices.primaryId = m_primary->currentData().toString();
    choices.secondaryId = m_secondary->currentData().toString();
    choices.isHandOver = m_handOver->isChecked();
    choices.activationId = m_activationId->text().trimmed();
    choices.primaryApiAddr = m_primaryApiAddr->text().trimmed();
    choices.caFile = m_caFile->text().trimmed();
    m_model.choose(choices);
    if (isNewPair) refill();
    Q_EMIT changed();
}

EnableChecksPage::EnableChecksPage(EnableModel& model, QWidget* parent)
    : WizardPage{tr("Checks"), parent}
    , m_model{model}
    , m_checks{new CheckList{this}}
{
    body()->addWidget(m_checks);
    auto* again = makeCheckAgain(this);
    body()->addWidget(again, 0, Qt::AlignLeft);
    connect(again, &QPushButton::clicked, this, [this] { m_model.check(); });
    connect(&model.preflight(), &CheckModel::changed, this, [this] {
        m_checks->present(m_model.preflight().checks());
        Q_EMIT changed();
    });
}

void EnableChecksPage::enter()
{
    const QString what =
        m_model.choices().isHandOver
            ? tr("%1 gets a new secondary.").arg(m_model.primaryName())
            : tr("%1 will follow %2 (%3).").arg(m_model.secondaryName(), m_model.primaryName(), Format::type(m_model.choices().type));
    setHeading(tr("Can it be done?"), what);
    m_model.check();
    m_checks->present(m_model.preflight().checks());
}

EnableWipePage::EnableWipePage(EnableModel& model, QWidget* parent)
    : WizardPage{tr("What is wiped"), parent}
    , m_model{model}
    , m_facts{new FactCards{this}}
    , m_table{new QFrame{this}}
    , m_mounts{new FieldList{m_table}}
    , m_safetyNet{makeText({}, {}, this)}
    , m_problem{makeText({}, u"error"_s, this)}
    , m_confirmation{new NameConfirmation{this}}
{
    m_table->setProperty("kind", u"panel"_s);
    auto* tableLayout = new QVBoxLayout{m_table};
    tableLayout->setContentsMargins(16, 12, 16, 14);
    auto* caption = makeText(tr("What it holds"), u"faint"_s, m_table);
    caption->setFont(Theme::caption());
    tableLayout->addWidget(caption);
    tableLayout->addWidget(m_mounts);
    body()->addWidget(m_facts);
    body()->addWidget(m_table);
    body()->addWidget(m_safetyNet);
    body()->addWidget(m_problem);
    body()->addWidget(m_confirmation);
    connect(m_confirmation, &NameConfirmation::changed, this, &WizardPage::changed);
    connect(&model, &EnableModel::inventoryChanged, this, &EnableWipePage::refresh);
}

void EnableWipePage::enter()
{
    setHeading(
        tr("What %1 loses").arg(m_model.secondaryName()),
        tr("The activation wipes all its data: secrets, policies, tokens. Afterwards the unseal keys of %1 unseal it.").arg(m_model.primaryName()));
    m_confirmation->present(m_model.secondaryName());
    m_model.takeInventory();
    refresh();
}

bool EnableWipePage::isComplete() const
{
    return m_model.inventory().isComplete && m_confirmation->isConfirmed();
}

void EnableWipePage::refresh()
{
    const auto& inventory = m_model.inventory();
    const auto value = [&](qint64 count) { return inventory.isComplete ? Format::count(count) : u"…"_s; };
    const auto tone = [&](qint64 count) { return count > 0 && inventory.isComplete ? u"error"_s : QString{}; };
    QList<FactCards::Fact> facts;
    const auto add = [&](qint64 count, const QString& name) { facts << FactCards::Fact{value(count), name, tone(count)}; };
    if (inventory.secrets >= 0) add(inventory.secrets, tr("secrets"));
    add(inventory.secretsEngines, tr("secrets engines"));
    add(inventory.authMethods, tr("login methods"));
    add(inventory.policies, tr("policies"));
    if (inventory.tokens >= 0) add(inventory.tokens, tr("tokens"));
    m_facts->present(facts);
    m_safetyNet->setText(inventory.isComplete ? m_model.safetyNet() : QString{});
    m_safetyNet->setVisible(inventory.isComplete);
    m_mounts->present(inventory.mounts, true);
    m_table->setVisible(!inventory.mounts.isEmpty());
    m_problem->setText(inventory.problem);
    m_problem->setVisible(!inventory.problem.isEmpty());
    Q_EMIT changed();
}

} // namespace widgets
