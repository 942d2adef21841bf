#include "widgets/topology/link_item.h"

#include "widgets/look/format.h"
#include "widgets/look/state_shape.h"

#include <QCursor>
#include <QFontMetricsF>
#include <QPainter>

#include <cmath>

namespace widgets {
namespace {

constexpr qreal kGap = 24; // half the width of the gap in a broken link
constexpr qreal kPillFrom = 0.42;

/// Pixels per second: faster with more entries, but slow enough for the eye to follow.
double dotSpeed(double entriesPerSecond)
{
    return 24 + 26 * std::log10(1 + entriesPerSecond);
}

double dotSpacing(double entriesPerSecond)
{
    return std::max(26.0, 96 - 20 * std::log10(1 + entriesPerSecond));
}

} // namespace

LinkItem::LinkItem(const FleetLink& link, const QString& name)
{
    setFlag(QGraphicsItem::ItemIsSelectable);
    setCursor(Qt::PointingHandCursor);
    setZValue(1);
    present(link, name);
}

void LinkItem::present(const FleetLink& link, const QString& name)
{
    prepareGeometryChange();
    m_link = link;
    m_name = name;
    setToolTip(name);
    setZValue(isGapped() ? 1 : 1.5); // a broken link must not cross the text of a working one
    update();
}

void LinkItem::route(const QPainterPath& path)
{
    if (path == m_path) return;
    prepareGeometryChange();
    m_path = path;
}

void LinkItem::advanceDots(double seconds)
{
    if (!m_link.isFlowing()) return;
    m_dotOffset = std::fmod(m_dotOffset + seconds * dotSpeed(m_link.entriesPerSecond), dotSpacing(m_link.entriesPerSecond));
    update();
}

QString LinkItem::accessibleDescription() const
{
    return Format::linkDescription(m_link);
}

QRectF LinkItem::sceneOutline() const
{
    return mapRectToScene(pillRect());
}

bool LinkItem::isGapped() const
{
    return m_link.state == HealthState::Broken || m_link.state == HealthState::Diverged || m_link.state == HealthState::Stalled ||
           m_link.state == HealthState::Revoked;
}

QColor LinkItem::color() const
{
    return isGapped() ? tokens().of(m_link.state) : tokens().of(m_link.type);
}

QRectF LinkItem::pillRect() const
{
    const QFontMetricsF metrics{Theme::mono(11)};
    const qreal width = metrics.horizontalAdvance(Format::linkPill(m_link)) + 18;
    QPointF centre = m_path.isEmpty() ? QPointF{} : m_path.pointAtPercent(0.5);
    if (isGapped()) centre += QPointF{0, 24};
    return {centre.x() - width / 2, centre.y() - 11, width, 22};
}

QRectF LinkItem::boundingRect() const
{
    return m_path.boundingRect().adjusted(-10, -10, 10, 10) | pillRect().adjusted(-3, -3, 3, 3);
}

QPainterPath LinkItem::shape() const
{
    QPainterPathStroker stroker;
    stroker.setWidth(14);
    QPainterPath hit = stroker.createStroke(m_path);
    hit.addRect(pillRect());
    return hit;
}

void LinkItem::paintLine(QPainter& painter, qreal fromPercent, qreal toPercent, const QPen& pen) const
{
    QPolygonF line;
    constexpr int kSteps = 40;
    for (int i = 0; i <= kSteps; ++i) line << m_path.pointAtPercent(fromPercent + (toPercent - fromPercent) * i / kSteps);
    painter.setPen(pen);
    painter.setBrush(Qt::NoBrush);
    painter.drawPolyline(line);
}

void LinkItem::paintDots(QPainter& painter) const
{
    const qreal length = m_path.length();
    painter.setPen(Qt::NoPen);
    painter.setBrush(color());
    for (double at = m_dotOffset; at < length - 8; at += dotSpacing(m_link.entriesPerSecond)) {
        painter.drawEllipse(m_path.pointAtPercent(m_path.percentAtLength(at)), 3.2, 3.2);
    }
}

void LinkItem::paintPill(QPainter& painter) const
{
    const auto& t = tokens();
    const QRectF rect = pillRect();
    painter.setPen(QPen{isSelected() ? t.accent : t.line, isSelected() ? 2.0 : 1.0});
    painter.setBrush(t.surface);
    painter.drawRoundedRect(rect, 11, 11);
    painter.setFont(Theme::mono(11));
    const bool isWell = m_link.state == HealthState::InSync || m_link.state == HealthState::CatchingUp;
    painter.setPen(isWell ? t.dim : t.of(m_link.state));
    painter.drawText(rect, Qt::AlignCenter, Format::linkPill(m_link));
}

void LinkItem::paint(QPainter* painter, const QStyleOptionGraphicsItem*, QWidget*)
{
    if (m_path.isEmpty()) return;
    const qreal scale = viewScale();
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setLayoutDirection(Qt::LeftToRight); // the picture and its numbers are never mirrored
    QPen pen{color(), isSelected() ? 2.8 : 2.0, Qt::SolidLine, Qt::FlatCap, Qt::RoundJoin};
    if (scale < kPillFrom) pen.setWidthF(pen.widthF() / std::max(scale * 1.6, 0.1));
    if (m_link.type == ReplicationType::Dr) pen.setDashPattern({7 / 2.0, 6 / 2.0});
    if (m_link.state == HealthState::Unknown) pen.setColor(tokens().faint);

    const qreal end = 1 - m_path.percentAtLength(2.0);
    if (isGapped()) {
        const qreal gap = m_path.percentAtLength(kGap);
        paintLine(*painter, 0, 0.5 - gap, pen);
        paintLine(*painter, 0.5 + gap, end, pen);
        const QPointF centre = m_path.pointAtPercent(0.5);
        paintStateShape(*painter, QRectF{centre.x() - 10, centre.y() - 10, 20, 20}, m_link.state, tokens());
    } else {
        paintLine(*painter, 0, end, pen);
    }

    pen.setStyle(Qt::SolidLine);
    pen.setCapStyle(Qt::RoundCap);
    painter->setPen(pen);
    painter->setBrush(Qt::NoBrush);
    painter->save();
    painter->translate(m_path.pointAtPercent(1));
    const QPointF before = m_path.pointAtPercent(m_path.percentAtLength(m_path.length() - 12));
    const QPointF direction = m_path.pointAtPercent(1) - before;
    painter->rotate(std::atan2(direction.y(), direction.x()) * 180 / M_PI);
    painter->drawPolyline(QPolygonF{{-9, -5}, {-1, 0}, {-9, 5}});
    painter->restore();

    if (scale < kPillFrom) return;
    if (m_link.isFlowing()) paintDots(*painter);
    paintPill(*painter);
}

} // namespace widgets
