#include "widgets/shell/brand_mark.h"

#include "widgets/look/theme.h"

#include <QPainter>
#include <QPainterPath>
#include <QStyle>

using namespace Qt::StringLiterals;

namespace widgets {

BrandMark::BrandMark(QWidget* parent) : QWidget{parent}
{
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    setAccessibleName(u"Holdfast"_s);
}

void BrandMark::paintEvent(QPaintEvent*)
{
    const auto& t = tokens();
    QPainter painter{this};
    painter.setRenderHint(QPainter::Antialiasing);
    const QRect mark = QStyle::visualRect(layoutDirection(), rect(), QRect{0, 0, 24, height()});
    painter.save();
    painter.translate(mark.x(), (height() - 26) / 2.0);
    QPainterPath shield{QPointF{2, 4}};
    shield.lineTo(11, 0);
    shield.lineTo(20, 4);
    shield.lineTo(20, 12);
    shield.cubicTo(20, 19, 16, 23, 11, 25);
    shield.cubicTo(6, 23, 2, 19, 2, 12);
    shield.closeSubpath();
    painter.fillPath(shield, t.accent);
    painter.setPen(QPen{t.onAccent, 2.2, Qt::SolidLine, Qt::RoundCap});
    painter.drawLine(QPointF{11, 7}, QPointF{11, 17});
    painter.drawLine(QPointF{6, 12}, QPointF{16, 12});
    painter.restore();
    painter.setFont(Theme::font(15, QFont::DemiBold));
    painter.setPen(t.text);
    const QRect text = QStyle::visualRect(layoutDirection(), rect(), QRect{31, 0, width() - 31, height()});
    painter.drawText(text, static_cast<int>(QStyle::visualAlignment(layoutDirection(), Qt::AlignLeft) | Qt::AlignVCenter), u"Holdfast"_s);
}

} // namespace widgets
