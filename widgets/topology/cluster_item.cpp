#include "widgets/topology/cluster_item.h"

#include "widgets/look/badge.h"
#include "widgets/look/format.h"
#include "widgets/look/sparkline.h"
#include "widgets/look/state_shape.h"
#include "widgets/topology/topology_layout.h"

#include <QCursor>
#include <QFontMetricsF>
#include <QPainter>
#include <QPainterPath>

using namespace Qt::StringLiterals;

namespace widgets {
namespace {

constexpr qreal kFullFrom = 0.62;
constexpr qreal kMiddleFrom = 0.30;
constexpr qreal kLeft = 18;
constexpr qreal kRight = 234;

void drawElided(QPainter& painter, const QRectF& rect, const QFont& font, const QColor& color, const QString& text)
{
    painter.setFont(font);
    painter.setPen(color);
    painter.drawText(rect, Qt::AlignLeft | Qt::AlignVCenter, QFontMetricsF{font}.elidedText(text, Qt::ElideRight, rect.width()));
}

QString stateLine(const FleetNode& node)
{
    const bool isSecondary = node.role == ClusterRole::PerformanceSecondary || node.role == ClusterRole::DrSecondary;
    const QString word = Format::word(node.stateWord);
    if (!isSecondary || node.hasConflict || node.state == HealthState::Sealed || node.state == HealthState::Unknown ||
        node.state == HealthState::CatchingUp || node.state == HealthState::Revoked)
        return word;
    return u"%1 · %2"_s.arg(Format::state(node.state), word);
}

} // namespace

ClusterItem::ClusterItem(const FleetNode& node) : m_node{node}
{
    setFlag(QGraphicsItem::ItemIsSelectable);
    setCacheMode(QGraphicsItem::DeviceCoordinateCache);
    setCursor(Qt::PointingHandCursor);
    setZValue(2);
}

void ClusterItem::present(const FleetNode& node)
{
    m_node = node;
    setToolTip(m_node.connection.address.toString());
    update();
}

QString ClusterItem::accessibleDescription() const
{
    return Format::nodeDescription(m_node);
}

QRectF ClusterItem::boundingRect() const
{
    return QRectF{QPointF{}, kCardSize}.adjusted(-3, -3, 3, 3);
}

void ClusterItem::paint(QPainter* painter, const QStyleOptionGraphicsItem*, QWidget*)
{
    const qreal scale = viewScale();
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setLayoutDirection(Qt::LeftToRight); // the picture and its numbers are never mirrored
    if (scale >= kFullFrom) paintFull(*painter);
    else if (scale >= kMiddleFrom) paintMiddle(*painter);
    else paintDot(*painter);
}

void ClusterItem::paintGround(QPainter& painter) const
{
    const auto& t = tokens();
    const QRectF card{QPointF{}, kCardSize};
    QPainterPath shape;
    shape.addRoundedRect(card.adjusted(0.5, 0.5, -0.5, -0.5), 10, 10);
    painter.fillPath(shape, t.surface);
    painter.save();
    painter.setClipPath(shape);
    painter.fillRect(QRectF{0, 0, 5, card.height()}, t.of(m_node.role));
    painter.restore();
    painter.setBrush(Qt::NoBrush);
    if (isSelected()) {
        painter.setPen(QPen{t.accent, 2});
        painter.drawRoundedRect(card.adjusted(0, 0, 0, 0), 10, 10);
    } else {
        painter.setPen(QPen{t.line, 1});
        painter.drawPath(shape);
    }
}

void ClusterItem::paintHeading(QPainter& painter) const
{
    const auto& t = tokens();
    const QString badge = Format::roleBadge(m_node.role);
    const qreal width = badgeWidth(badge);
    paintBadge(painter, QRectF{kRight - width, 14, width, 18}, badge, t.of(m_node.role));

    const qreal nameEnd = kRight - width - 8;
    drawElided(painter, QRectF{kLeft, 11, nameEnd - kLeft, 24}, Theme::font(15, QFont::DemiBold), t.text, m_node.name());
}

void ClusterItem::paintFooter(QPainter& painter) const
{
    const auto& t = tokens();
    painter.setPen(QPen{t.line, 1});
    painter.drawLine(QPointF{kLeft, 86.5}, QPointF{kRight, 86.5});
    const auto& status = m_node.status;
    QStringList facts;
    if (!status.version.isEmpty()) facts << (status.isSealed ? tr("sealed") : tr("unsealed"));
    if (!status.version.isEmpty()) facts << status.version.section(u'+', 0, 0); // the inspector shows it in full
    drawElided(painter, QRectF{kLeft, 90, 146, 22}, Theme::font(11.5), t.dim, facts.join(u" · "_s));
    paintSparkline(painter, QRectF{172, 93, kRight - 172, 16}, m_node.series, t.of(m_node.role), false);
}

void ClusterItem::paintFull(QPainter& painter) const
{
    const auto& t = tokens();
    paintGround(painter);
    paintHeading(painter);
    paintStateShape(painter, QRectF{kLeft, 43, 14, 14}, m_node.state, t);
    qreal stateEnd = kRight;
    if (m_node.connection.isProduction) {
        const qreal prodWidth = badgeWidth(u"PROD"_s) - 6;
        paintBadge(painter, QRectF{kRight - prodWidth, 42, prodWidth, 16}, u"PROD"_s, t.error);
        stateEnd -= prodWidth + 6;
    }
    drawElided(painter, QRectF{kLeft + 21, 40, stateEnd - kLeft - 21, 20}, Theme::font(13, QFont::Medium), t.text, stateLine(m_node));
    drawElided(painter, QRectF{kLeft + 21, 60, kRight - kLeft - 21, 18}, Theme::font(11.5), t.dim, Format::nodeDetail(m_node));
    paintFooter(painter);
}

void ClusterItem::paintMiddle(QPainter& painter) const
{
    const auto& t = tokens();
    paintGround(painter);
    drawElided(painter, QRectF{kLeft, 14, kRight - kLeft, 34}, Theme::font(24, QFont::DemiBold), t.text, m_node.name());
    drawElided(painter, QRectF{kLeft, 48, kRight - kLeft, 26}, Theme::font(18), t.of(m_node.role), Format::role(m_node.role));
    paintStateShape(painter, QRectF{kLeft, 80, 22, 22}, m_node.state, t);
    drawElided(painter, QRectF{kLeft + 32, 78, kRight - kLeft - 32, 26}, Theme::font(18), t.text, Format::state(m_node.state));
}

void ClusterItem::paintDot(QPainter& painter) const
{
    const auto& t = tokens();
    const QPointF centre = QRectF{QPointF{}, kCardSize}.center();
    painter.setPen(QPen{isSelected() ? t.accent : t.of(m_node.role), isSelected() ? 10.0 : 6.0});
    painter.setBrush(t.surface);
    painter.drawEllipse(centre, 54, 54);
    paintStateShape(painter, QRectF{centre.x() - 32, centre.y() - 32, 64, 64}, m_node.state, t);
}

} // namespace widgets
