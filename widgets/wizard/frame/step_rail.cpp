#include "widgets/wizard/frame/step_rail.h"

#include "widgets/look/theme.h"

#include <QFontMetrics>
#include <QPainter>
#include <QStyle>

using namespace Qt::StringLiterals;

namespace widgets {
namespace {

constexpr int kStepHeight = 44;

} // namespace

StepRail::StepRail(QWidget* parent) : QWidget{parent}
{
    setFixedWidth(220);
    setAccessibleName(u"Wizard steps"_s);
}

void StepRail::present(const QString& title, const QString& subtitle, const QStringList& steps, int current)
{
    m_title = title;
    m_subtitle = subtitle;
    m_steps = steps;
    m_current = current;
    setAccessibleDescription(tr("Step %1 of %2: %3").arg(current + 1).arg(steps.size()).arg(steps.value(current)));
    update();
}

void StepRail::paintEvent(QPaintEvent*)
{
    const auto& t = tokens();
    QPainter painter{this};
    painter.setRenderHint(QPainter::Antialiasing);
    painter.fillRect(rect(), t.surface);
    const auto place = [this](const QRectF& wanted) { return QRectF{QStyle::visualRect(layoutDirection(), rect(), wanted.toAlignedRect())}; };
    const auto side = static_cast<int>(QStyle::visualAlignment(layoutDirection(), Qt::AlignLeft));
    painter.setPen(t.line);
    const QRectF edge = place({width() - 1.0, 0, 1, qreal(height())});
    painter.fillRect(edge, t.line);

    painter.setFont(Theme::font(17, QFont::DemiBold));
    painter.setPen(t.text);
    QRectF title{28, 26, 172, 200};
    const QRectF used = painter.boundingRect(title, Qt::TextWordWrap, m_title);
    painter.drawText(place(QRectF{28, 26, 172, used.height()}), side | Qt::TextWordWrap, m_title);
    qreal y = 26 + used.height() + 6;
    painter.setFont(Theme::font(12.5));
    painter.setPen(t.dim);
    const QRectF subtitle = painter.boundingRect(QRectF{28, y, 172, 200}, Qt::TextWordWrap, m_subtitle);
    painter.drawText(place(QRectF{28, y, 172, subtitle.height()}), side | Qt::TextWordWrap, m_subtitle);
    y += subtitle.height() + 20;

    for (int i = 0; i < m_steps.size(); ++i, y += kStepHeight) {
        const QRectF circle = place({27, y + 7, 20, 20});
        if (i > 0) painter.fillRect(place({36, y - 16, 2, 22}), t.line);
        const bool isHere = i == m_current;
        const bool isDone = i < m_current;
        if (isHere) {
            painter.setPen(Qt::NoPen);
            painter.setBrush(t.selection);
            painter.drawRoundedRect(place({14, y, 192, 34}), 8, 8);
        }
        painter.setPen(isHere || isDone ? QPen{Qt::NoPen} : QPen{t.line, 1});
        painter.setBrush(isDone ? t.ok : isHere ? t.accent : t.raised);
        painter.drawEllipse(circle);
        if (isDone) {
            painter.setPen(QPen{t.isDark ? t.surface : QColor{Qt::white}, 2, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin});
            painter.setBrush(Qt::NoBrush);
            const QPointF c = circle.center();
            painter.drawPolyline(QPolygonF{c + QPointF{-4, 0.4}, c + QPointF{-1, 3.4}, c + QPointF{4.4, -2.8}});
        } else {
            painter.setFont(Theme::font(11, QFont::Bold));
            painter.setPen(isHere ? t.onAccent : t.dim);
            painter.drawText(circle, Qt::AlignCenter, QString::number(i + 1));
        }
        const QFont font = Theme::font(13, isHere ? QFont::DemiBold : QFont::Medium);
        painter.setFont(font);
        painter.setPen(isHere || isDone ? t.text : t.dim);
        painter.drawText(place({58, y, 146, 34}), side | Qt::AlignVCenter, QFontMetrics{font}.elidedText(m_steps[i], Qt::ElideRight, 144));
    }
}

} // namespace widgets
