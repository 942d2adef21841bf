#include "widgets/look/state_shape.h"

#include <QPainter>
#include <QPainterPath>
#include <QtMath>

namespace widgets {
namespace {

QPen stroke(const QColor& color, qreal width)
{
    return QPen{color, width, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin};
}

QColor ink(const Tokens& t)
{
    return t.isDark ? t.surface : QColor{Qt::white};
}

void disc(QPainter& p, const QColor& color)
{
    p.setPen(Qt::NoPen);
    p.setBrush(color);
    p.drawEllipse(QPointF{}, 6, 6);
}

void tickedDisc(QPainter& p, const QColor& color, const Tokens& t)
{
    disc(p, color);
    p.setPen(stroke(ink(t), 1.7));
    p.setBrush(Qt::NoBrush);
    p.drawPolyline(QPolygonF{{-3, 0.1}, {-0.8, 2.4}, {3.1, -2.2}});
}

void halfDisc(QPainter& p, const QColor& color)
{
    p.setPen(stroke(color, 1.6));
    p.setBrush(Qt::NoBrush);
    p.drawEllipse(QPointF{}, 5.2, 5.2);
    p.setPen(Qt::NoPen);
    p.setBrush(color);
    p.drawPie(QRectF{-5.2, -5.2, 10.4, 10.4}, -90 * 16, 180 * 16);
}

void turningDisc(QPainter& p, const QColor& color, const Tokens& t)
{
    disc(p, color);
    p.setPen(stroke(ink(t), 1.5));
    p.setBrush(Qt::NoBrush);
    p.drawArc(QRectF{-3, -3, 6, 6}, 60 * 16, 270 * 16);
    p.drawPolyline(QPolygonF{{0.2, -4.2}, {1.7, -2.7}, {0.2, -1.2}});
}

void barredDisc(QPainter& p, const QColor& color, const Tokens& t)
{
    disc(p, color);
    p.setPen(stroke(ink(t), 1.8));
    p.drawLine(QPointF{-1.7, -2.4}, QPointF{-1.7, 2.4});
    p.drawLine(QPointF{1.7, -2.4}, QPointF{1.7, 2.4});
}

void crossedOctagon(QPainter& p, const QColor& color, const Tokens& t)
{
    QPolygonF octagon;
    for (int i = 0; i < 8; ++i) {
        const qreal angle = M_PI / 8 + i * M_PI / 4;
        octagon << QPointF{6.4 * qCos(angle), 6.4 * qSin(angle)};
    }
    p.setPen(Qt::NoPen);
    p.setBrush(color);
    p.drawPolygon(octagon);
    p.setPen(stroke(ink(t), 1.8));
    p.drawLine(QPointF{-2.3, -2.3}, QPointF{2.3, 2.3});
    p.drawLine(QPointF{-2.3, 2.3}, QPointF{2.3, -2.3});
}

void forkedArrow(QPainter& p, const QColor& color)
{
    p.setPen(stroke(color, 1.8));
    p.setBrush(Qt::NoBrush);
    p.drawLine(QPointF{0, 5.6}, QPointF{0, 1});
    p.drawPolyline(QPolygonF{{0, 1}, {-4.4, -4}});
    p.drawPolyline(QPolygonF{{0, 1}, {4.4, -4}});
    p.drawPolyline(QPolygonF{{-4.6, -0.9}, {-4.6, -4.4}, {-1.2, -4.4}});
    p.drawPolyline(QPolygonF{{4.6, -0.9}, {4.6, -4.4}, {1.2, -4.4}});
}

void noEntry(QPainter& p, const QColor& color, const Tokens& t)
{
    disc(p, color);
    p.setPen(stroke(ink(t), 2.4));
    p.drawLine(QPointF{-3, 0}, QPointF{3, 0});
}

void padlock(QPainter& p, const QColor& color, const Tokens& t)
{
    p.setPen(stroke(color, 1.7));
    p.setBrush(Qt::NoBrush);
    QPainterPath shackle;
    shackle.moveTo(-2.9, -0.6);
    shackle.lineTo(-2.9, -2.6);
    shackle.arcTo(QRectF{-2.9, -5.6, 5.8, 6}, 180, -180);
    shackle.lineTo(2.9, -0.6);
    p.drawPath(shackle);
    p.setPen(Qt::NoPen);
    p.setBrush(color);
    p.drawRoundedRect(QRectF{-4.8, -0.8, 9.6, 6.8}, 1.4, 1.4);
    p.setBrush(ink(t));
    p.drawEllipse(QPointF{0, 2.5}, 1.2, 1.2);
}

void dashedRing(QPainter& p, const QColor& color)
{
    QPen pen = stroke(color, 1.6);
    pen.setCapStyle(Qt::FlatCap);
    pen.setDashPattern({1.6, 1.3});
    p.setPen(pen);
    p.setBrush(Qt::NoBrush);
    p.drawEllipse(QPointF{}, 5.2, 5.2);
}

void slashedRing(QPainter& p, const QColor& color)
{
    p.setPen(stroke(color, 1.7));
    p.setBrush(Qt::NoBrush);
    p.drawEllipse(QPointF{}, 5.2, 5.2);
    p.drawLine(QPointF{-3.5, 3.5}, QPointF{3.5, -3.5});
}

} // namespace

void paintStateShape(QPainter& painter, const QRectF& rect, HealthState state, const Tokens& tokens)
{
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.translate(rect.center());
    painter.scale(rect.width() / 14.0, rect.width() / 14.0);
    const QColor color = tokens.of(state);
    switch (state) {
    case HealthState::InSync: tickedDisc(painter, color, tokens); break;
    case HealthState::Lagging: halfDisc(painter, color); break;
    case HealthState::CatchingUp: turningDisc(painter, color, tokens); break;
    case HealthState::Stalled: barredDisc(painter, color, tokens); break;
    case HealthState::Broken: crossedOctagon(painter, color, tokens); break;
    case HealthState::Diverged: forkedArrow(painter, color); break;
    case HealthState::Fenced: noEntry(painter, color, tokens); break;
    case HealthState::Sealed: padlock(painter, color, tokens); break;
    case HealthState::Revoked: slashedRing(painter, color); break;
    case HealthState::Unknown: dashedRing(painter, color); break;
    }
    painter.restore();
}

void paintWarning(QPainter& painter, const QRectF& rect, const Tokens& tokens)
{
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.translate(rect.center());
    painter.scale(rect.width() / 14.0, rect.width() / 14.0);
    painter.setPen(stroke(tokens.warn, 1.4));
    painter.setBrush(tokens.warn);
    painter.drawPolygon(QPolygonF{{0, -5.2}, {6, 5}, {-6, 5}});
    painter.setPen(stroke(ink(tokens), 1.6));
    painter.drawLine(QPointF{0, -1.8}, QPointF{0, 1.4});
    painter.drawPoint(QPointF{0, 3.4});
    painter.restore();
}

QPixmap statePixmap(HealthState state, int pixels, qreal devicePixelRatio)
{
    QPixmap pixmap{QSize{pixels, pixels} * devicePixelRatio};
    pixmap.setDevicePixelRatio(devicePixelRatio);
    pixmap.fill(Qt::transparent);
    QPainter painter{&pixmap};
    paintStateShape(painter, QRectF{0, 0, qreal(pixels), qreal(pixels)}, state, tokens());
    return pixmap;
}

} // namespace widgets
