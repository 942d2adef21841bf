#include "widgets/look/badge.h"

#include "widgets/look/theme.h"

#include <QFontMetricsF>
#include <QPainter>

namespace widgets {
namespace {

constexpr int kHeight = 18;

QFont badgeFont()
{
    QFont font = Theme::font(10, QFont::Bold);
    font.setLetterSpacing(QFont::AbsoluteSpacing, 0.4);
    return font;
}

} // namespace

qreal badgeWidth(const QString& text)
{
    return QFontMetricsF{badgeFont()}.horizontalAdvance(text) + 20;
}

void paintBadge(QPainter& painter, const QRectF& rect, const QString& text, const QColor& color)
{
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen{color, 1});
    painter.setBrush(Qt::NoBrush);
    painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), rect.height() / 2, rect.height() / 2);
    painter.setFont(badgeFont());
    painter.drawText(rect, Qt::AlignCenter, text);
    painter.restore();
}

Badge::Badge(QWidget* parent) : QLabel{parent}
{
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
}

void Badge::present(const QString& text, const QColor& color)
{
    setText(text);
    m_color = color;
    updateGeometry();
    update();
}

QSize Badge::sizeHint() const
{
    return {qCeil(badgeWidth(text())), kHeight};
}

void Badge::paintEvent(QPaintEvent*)
{
    QPainter painter{this};
    paintBadge(painter, QRectF{rect()}, text(), m_color);
}

} // namespace widgets
