#include "widgets/wizard/plan/operation_token_page.h"

#include "widgets/client/command_line.h"
#include "widgets/client/requests.h"
#include "widgets/wizard/frame/choice_card.h"
#include "widgets/wizard/frame/page_parts.h"

#include <QButtonGroup>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QProgressBar>
#include <QPushButton>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace widgets {
namespace {

QLineEdit* secretEdit(const QString& objectName, const QString& name, QWidget* parent)
{
    auto* edit = new QLineEdit{parent};
    edit->setObjectName(objectName);
    edit->setAccessibleName(name);
    edit->setEchoMode(QLineEdit::Password);
    return edit;
}

QPushButton* plainButton(const QString& text, const QString& objectName, const QString& name, QWidget* parent)
{
    auto* button = new QPushButton{text, parent};
    button->setObjectName(objectName);
    button->setAccessibleName(name);
    button->setAutoDefault(false);
    return button;
}

} // namespace

OperationTokenPage::OperationTokenPage(OperationToken& token, std::function<ClusterRef()> cluster, std::function<bool()> isNeeded, QWidget* parent)
    : WizardPage{tr("DR operation token"), parent}
    , m_token{token}
    , m_cluster{std::move(cluster)}
    , m_isNeeded{std::move(isNeeded)}
{
    auto* group = new QButtonGroup{this};
    m_byShares = new ChoiceCard{tr("Make one from key shares"), tr("Enough key holders each give their key share. No other login is needed."),
                                u"Make the token from key shares"_s, *group, this};
    m_typed = new ChoiceCard{tr("I have one"), tr("Made earlier, or a batch token with the right policy."), u"Type the token"_s, *group, this};
    auto* cards = new QHBoxLayout;
    cards->setSpacing(12);
    cards->addWidget(m_byShares, 1);
    cards->addWidget(m_typed, 1);
    body()->addLayout(cards);

    m_typedPart = new QWidget{this};
    m_tokenEdit = secretEdit(u"drToken"_s, u"DR operation token"_s, m_typedPart);
    auto* typedLayout = new QVBoxLayout{m_typedPart};
    typedLayout->setContentsMargins(0, 0, 0, 0);
    typedLayout->addWidget(makeHeading(tr("DR operation token"), m_typedPart));
    typedLayout->addWidget(m_tokenEdit);
    body()->addWidget(m_typedPart);

    m_sharesPart = new QWidget{this};
    m_start = plainButton(tr("Begin"), u"sharesBegin"_s, u"Begin with key shares"_s, m_sharesPart);
    m_abandon = plainButton(tr("Abandon this attempt"), u"sharesAbandon"_s, u"Abandon this attempt"_s, m_sharesPart);
    m_share = secretEdit(u"keyShare"_s, u"Key share"_s, m_sharesPart);
    m_share->setPlaceholderText(tr("one key share, then Return"));
    m_give = plainButton(tr("Give share"), u"shareGive"_s, u"Give key share"_s, m_sharesPart);
    m_progress = new QProgressBar{m_sharesPart};
    m_progress->setTextVisible(false);
    m_progress->setAccessibleName(u"Key shares given"_s);
    m_state = makeHeading({}, m_sharesPart);
    auto* shareRow = new QHBoxLayout;
    shareRow->addWidget(m_share, 1);
    shareRow->addWidget(m_give);
    auto* buttons = new QHBoxLayout;
    buttons->addWidget(m_start);
    buttons->addWidget(m_abandon);
    buttons->addStretch(1);
    auto* sharesLayout = new QVBoxLayout{m_sharesPart};
    sharesLayout->setContentsMargins(0, 0, 0, 0);
    sharesLayout->setSpacing(10);
    sharesLayout->addWidget(m_state);
    sharesLayout->addWidget(m_progress);
    sharesLayout->addLayout(shareRow);
    sharesLayout->addLayout(buttons);
    body()->addWidget(m_sharesPart);

    m_problem = makeText({}, u"error"_s, this);
    body()->addWidget(m_problem);
    m_commands = new CommandBox{this};
    body()->addWidget(m_commands);
    m_byShares->button()->setChecked(true);

    connect(group, &QButtonGroup::buttonToggled, this, [this](QAbstractButton*, bool isOn) {
        if (isOn) refresh();
    });
    connect(m_tokenEdit, &QLineEdit::textChanged, &m_token, &OperationToken::setToken);
    connect(m_start, &QPushButton::clicked, &m_token, &OperationToken::start);
    connect(m_abandon, &QPushButton::clicked, &m_token, &OperationToken::cancel);
    connect(m_give, &QPushButton::clicked, this, &OperationTokenPage::giveShare);
    connect(m_share, &QLineEdit::returnPressed, this, &OperationTokenPage::giveShare);
    connect(&m_token, &OperationToken::changed, this, &OperationTokenPage::refresh);
}

void OperationTokenPage::enter()
{
    m_token.setCluster(m_cluster());
    setHeading(tr("Who allows it?"), tr("%1 is a DR secondary. It has no logins and accepts only a DR operation token.").arg(m_cluster().name));
    refresh();
}

QString OperationTokenPage::cancelNote() const
{
    if (m_token.isStarted())
        return tr("Cancel leaves the attempt on %1 open. To end it, choose “Abandon this attempt” first.").arg(m_token.cluster().name);
    return WizardPage::cancelNote();
}

void OperationTokenPage::giveShare()
{
    if (m_share->text().isEmpty()) return;
    m_token.addShare(m_share->text());
    m_share->clear();
}

void OperationTokenPage::refresh()
{
    const bool isTyped = m_typed->button()->isChecked();
    const bool isMade = !isTyped && !m_token.token().empty();
    m_typedPart->setVisible(isTyped);
    m_sharesPart->setVisible(!isTyped);
    m_start->setVisible(!m_token.isStarted() && !isMade);
    m_start->setEnabled(!m_token.isBusy());
    m_abandon->setVisible(m_token.isStarted() || m_token.isForeignAttempt());
    for (QWidget* widget : {static_cast<QWidget*>(m_share), static_cast<QWidget*>(m_give)}) {
        widget->setVisible(m_token.isStarted());
        widget->setEnabled(!m_token.isBusy());
    }
    m_progress->setVisible(m_token.isStarted() || isMade);
    m_progress->setRange(0, std::max(1, m_token.required()));
    m_progress->setValue(isMade ? m_progress->maximum() : m_token.progress());
    if (isMade) m_state->setText(tr("The token is ready. The next steps use it. It is not shown."));
    else if (m_token.isStarted()) m_state->setText(tr("%1 of %2 key shares").arg(m_token.progress()).arg(m_token.required()));
    else m_state->setText(tr("No attempt is open."));
    m_problem->setText(m_token.problem());
    m_problem->setVisible(!m_token.problem().isEmpty());
    const auto& cluster = m_token.cluster();
    m_commands->present(
        isTyped ? QStringList{}
                : QStringList{commandFor(requests::operationTokenStart(), cluster.address),
                              commandFor(requests::operationTokenUpdate({}, m_token.isStarted() ? m_token.nonce() : u"NONCE"_s), cluster.address),
                              u"holdfast operator generate-root -dr-token -decode=ENCODED -otp=OTP"_s});
    if (m_token.isStarted() && !m_token.isBusy() && isVisible() && !m_share->hasFocus()) m_share->setFocus();
    Q_EMIT changed();
}

} // namespace widgets
