#include "widgets/wizard/frame/choice_card.h"

#include "widgets/look/theme.h"
#include "widgets/wizard/frame/page_parts.h"

#include <QButtonGroup>
#include <QLabel>
#include <QPainter>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace widgets {

ChoiceCard::ChoiceCard(const QString& title, const QString& explanation, const QString& name, QButtonGroup& group, QWidget* parent)
    : QWidget{parent}
    , m_button{new QRadioButton{title, this}}
{
    m_button->setObjectName(QString{name}.toLower().replace(u' ', u'-'));
    m_button->setAccessibleName(name);
    m_button->setAccessibleDescription(explanation);
    m_button->setFont(Theme::font(13, QFont::DemiBold));
    group.addButton(m_button);
    auto* text = makeText(explanation, u"dim"_s, this);
    text->setFont(Theme::font(12));
    text->setContentsMargins(26, 0, 0, 0);
    auto* layout = new QVBoxLayout{this};
    layout->setContentsMargins(16, 10, 16, 12);
    layout->setSpacing(2);
    layout->addWidget(m_button);
    layout->addWidget(text);
    layout->addStretch(1);
    connect(m_button, &QRadioButton::toggled, this, qOverload<>(&QWidget::update));
}

void ChoiceCard::mousePressEvent(QMouseEvent*)
{
    if (!m_button->isEnabled()) return;
    m_button->setFocus(Qt::MouseFocusReason);
    m_button->click();
}

void ChoiceCard::paintEvent(QPaintEvent*)
{
    const auto& t = tokens();
    QPainter painter{this};
    painter.setRenderHint(QPainter::Antialiasing);
    const bool isChosen = m_button->isChecked();
    painter.setPen(QPen{isChosen ? t.accent : t.line, isChosen ? 2.0 : 1.0});
    painter.setBrush(t.surface);
    const qreal inset = isChosen ? 1 : 0.5;
    painter.drawRoundedRect(QRectF{rect()}.adjusted(inset, inset, -inset, -inset), 8, 8);
}

} // namespace widgets
