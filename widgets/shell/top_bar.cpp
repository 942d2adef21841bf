#include "widgets/shell/top_bar.h"

#include "widgets/look/state_shape.h"
#include "widgets/shell/brand_mark.h"

#include <QAction>
#include <QCompleter>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QPushButton>
#include <QStringListModel>
#include <QAbstractItemView>

using namespace Qt::StringLiterals;

namespace widgets {

TopBar::TopBar(QWidget* parent)
    : QWidget{parent}
    , m_finder{new QLineEdit{this}}
    , m_findable{new QStringListModel{this}}
    , m_problems{new QPushButton{this}}
{
    setProperty("ground", u"surface"_s);
    setAttribute(Qt::WA_StyledBackground);
    setFixedHeight(52);

    m_finder->setObjectName(u"finder"_s);
    m_finder->setAccessibleName(u"Find clusters and commands"_s);
    m_finder->setPlaceholderText(tr("Search clusters and commands   Ctrl+K"));
    m_finder->setProperty("kind", u"search"_s);
    m_finder->setMinimumWidth(180);
    m_finder->setMaximumWidth(320);
    auto* completer = new QCompleter{m_findable, this};
    completer->setCaseSensitivity(Qt::CaseInsensitive);
    completer->setFilterMode(Qt::MatchContains);
    m_finder->setCompleter(completer);

    m_problems->setObjectName(u"problemCount"_s);
    m_problems->setAccessibleName(u"Problems"_s);

    auto* layout = new QHBoxLayout{this};
    layout->setContentsMargins(22, 0, 16, 0);
    layout->setSpacing(10);
    layout->addWidget(new BrandMark{this});
    layout->addStretch(1);
    layout->addWidget(m_finder, 2);
    layout->addStretch(1);
    layout->addWidget(m_problems);

    connect(completer, qOverload<const QString&>(&QCompleter::activated), this, &TopBar::runFound, Qt::QueuedConnection);
    connect(m_finder, &QLineEdit::returnPressed, this, [this, completer] {
        if (m_found.contains(m_finder->text())) runFound(m_finder->text());
        else if (!m_finder->text().isEmpty() && completer->completionCount() > 0) runFound(completer->currentCompletion());
    });
    connect(m_problems, &QPushButton::clicked, this, &TopBar::problemsRequested);
}

QPushButton* TopBar::addButton(QAction& action, const QString& name, const QString& kind)
{
    auto* button = new QPushButton{action.text(), this};
    button->setObjectName(u"top"_s + QString{name}.remove(u' '));
    button->setAccessibleName(u"Toolbar: "_s + name);
    if (!kind.isEmpty()) button->setProperty("kind", kind);
    connect(button, &QPushButton::clicked, &action, &QAction::trigger);
    connect(&action, &QAction::enabledChanged, button, &QPushButton::setEnabled);
    button->setEnabled(action.isEnabled());
    auto* layout = static_cast<QHBoxLayout*>(this->layout());
    layout->insertWidget(layout->indexOf(m_problems), button);
    return button;
}

void TopBar::showProblemCount(int count, HealthState worst)
{
    m_problems->setIcon(QIcon{statePixmap(count == 0 ? HealthState::InSync : worst, 14, devicePixelRatioF())});
    m_problems->setText(u' ' + QString::number(count));
    m_problems->setToolTip(tr("%n problems", nullptr, count));
    m_problems->setAccessibleDescription(tr("%n problems", nullptr, count));
}

void TopBar::setFindable(const QList<QPair<QString, std::function<void()>>>& entries)
{
    QStringList texts;
    m_found.clear();
    for (const auto& [text, run] : entries) {
        texts << text;
        m_found.insert(text, run);
    }
    if (m_findable->stringList() != texts) m_findable->setStringList(texts);
}

void TopBar::focusFinder()
{
    m_finder->setFocus(Qt::ShortcutFocusReason);
    m_finder->selectAll();
}

void TopBar::runFound(const QString& text)
{
    const auto run = m_found.value(text);
    if (!run) return;
    m_finder->clear();
    run();
}

} // namespace widgets
