#include "widgets/shell/status_line.h"

#include "widgets/look/theme.h"

#include <QDateTime>
#include <QHBoxLayout>
#include <QLabel>

using namespace Qt::StringLiterals;

namespace widgets {

StatusLine::StatusLine(QWidget* parent)
    : QWidget{parent}
    , m_activity{new QLabel{this}}
    , m_left{new QLabel{this}}
    , m_keychain{new QLabel{this}}
    , m_clock{new QLabel{this}}
{
    setProperty("ground", u"surface"_s);
    setAttribute(Qt::WA_StyledBackground);
    setFixedHeight(28);
    auto* layout = new QHBoxLayout{this};
    layout->setContentsMargins(20, 0, 20, 0);
    layout->setSpacing(16);
    layout->addWidget(m_activity);
    layout->addWidget(m_left, 1);
    layout->addWidget(m_keychain);
    layout->addWidget(m_clock);
    for (auto* label : {m_activity, m_left, m_keychain, m_clock}) {
        label->setFont(Theme::font(11.5));
        label->setProperty("tone", u"dim"_s);
    }
    connect(&m_timer, &QTimer::timeout, this, &StatusLine::tick);
    m_timer.start(1000);
    m_activity->hide();
    tick();
}

void StatusLine::present(const FleetState& fleet, int problemCount)
{
    const QString clusters = tr("%n clusters", nullptr, static_cast<int>(fleet.nodes.size()));
    const QString links = tr("%n links", nullptr, static_cast<int>(fleet.links.size()));
    const QString problems = tr("%n problems", nullptr, problemCount);
    m_left->setText(u"%1 · %2 · %3"_s.arg(clusters, links, problems));
}

void StatusLine::showKeychain(const QString& text)
{
    m_keychain->setText(text);
}

void StatusLine::showActivity(const QString& text)
{
    m_activity->setText(text);
    m_activity->setVisible(!text.isEmpty());
}

void StatusLine::tick()
{
    const auto now = QDateTime::currentDateTime();
    m_clock->setText(tr("%1 (%2 UTC)").arg(now.toString(u"HH:mm:ss"_s), now.toUTC().toString(u"HH:mm:ss"_s)));
}

} // namespace widgets
