#include "widgets/look/sparkline.h"

#include "widgets/look/theme.h"

#include <QPainter>
#include <QPainterPath>

#include <algorithm>

namespace widgets {
namespace {

/// Reduces the series to at most `count` values. Each is the highest of its stretch, so that no peak is lost.
QList<double> thinned(const QList<double>& values, qsizetype count)
{
    if (values.size() <= count) return values;
    QList<double> result;
    for (qsizetype i = 0; i < count; ++i) {
        const auto begin = values.begin() + i * values.size() / count;
        const auto end = values.begin() + (i + 1) * values.size() / count;
        result << *std::max_element(begin, end);
    }
    return result;
}

} // namespace

void paintSparkline(QPainter& painter, const QRectF& rect, const QList<double>& values, const QColor& color, bool fill)
{
    const auto shown = thinned(values, std::max<qsizetype>(2, static_cast<qsizetype>(rect.width() / 3)));
    if (shown.size() < 2) return;
    const double top = std::max(1.0, *std::max_element(shown.begin(), shown.end()));
    QPolygonF line;
    for (qsizetype i = 0; i < shown.size(); ++i) {
        const qreal x = rect.left() + rect.width() * qreal(i) / qreal(shown.size() - 1);
        line << QPointF{x, rect.bottom() - 1.5 - (rect.height() - 3) * shown[i] / top};
    }
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    if (fill) {
        QPolygonF area = line;
        area << rect.bottomRight() << rect.bottomLeft();
        QColor tint = color;
        tint.setAlphaF(0.14F);
        painter.setPen(Qt::NoPen);
        painter.setBrush(tint);
        painter.drawPolygon(area);
    }
    painter.setPen(QPen{color, 1.6, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin});
    painter.setBrush(Qt::NoBrush);
    painter.drawPolyline(line);
    painter.restore();
}

Sparkline::Sparkline(QWidget* parent) : QWidget{parent}
{
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    setMinimumHeight(72);
}

void Sparkline::setValues(const QList<double>& values, const QColor& color, const QString& description)
{
    m_values = values;
    m_color = color;
    setAccessibleDescription(description);
    update();
}

void Sparkline::paintEvent(QPaintEvent*)
{
    QPainter painter{this};
    painter.setPen(QPen{tokens().line, 1});
    painter.drawLine(QPointF{0, height() - 0.5}, QPointF{qreal(width()), height() - 0.5});
    paintSparkline(painter, QRectF{rect()}.adjusted(1, 2, -1, -1), m_values, m_color, true);
}

} // namespace widgets
