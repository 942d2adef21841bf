#include "widgets/topology/link_router.h"

#include <algorithm>
#include <cmath>

namespace widgets {
namespace {

constexpr qreal kPortPitch = 18;

/// From the right edge to the left edge of a card further right.
QPainterPath across(const QRectF& from, const QRectF& to, qreal port)
{
    const QPointF start{from.right(), from.center().y() + port};
    const QPointF end{to.left() - 3, to.center().y()};
    const qreal reach = std::max<qreal>(56, (end.x() - start.x()) * 0.5);
    QPainterPath path{start};
    path.cubicTo(start + QPointF{reach, 0}, end - QPointF{reach, 0}, end);
    return path;
}

/// Straight down to the card right below.
QPainterPath down(const QRectF& from, const QRectF& to)
{
    QPainterPath path{QPointF{from.center().x(), from.bottom()}};
    path.lineTo(QPointF{to.center().x(), to.top() - 3});
    return path;
}

/// Leaves on the left, passes the cards between, and comes back from the left.
QPainterPath around(const QRectF& from, const QRectF& to, int lane)
{
    const QPointF start{from.left(), from.center().y() + lane * 10};
    const QPointF end{to.left() - 3, to.center().y()};
    const qreal bulge = 60.0 + 24.0 * lane;
    QPainterPath path{start};
    path.cubicTo(start - QPointF{bulge, 0}, end - QPointF{bulge, 0}, end);
    return path;
}

} // namespace

QHash<QString, QPainterPath> routeLinks(const FleetState& fleet, const TopologyLayout& layout)
{
    const auto card = [&](const QString& id) { return QRectF{layout.positions.value(id), kCardSize}; };
    QHash<QString, QList<const FleetLink*>> rightwards;
    QHash<QString, QPainterPath> paths;
    for (const auto& link : fleet.links) {
        const QRectF from = card(link.fromId);
        const QRectF to = card(link.toId);
        if (to.left() > from.right()) {
            rightwards[link.fromId] << &link;
            continue;
        }
        const bool isRightBelow = std::abs(to.left() - from.left()) < 1 && to.top() > from.top() && to.top() - from.bottom() < kCardSize.height();
        const int lane = std::max(1, static_cast<int>(std::abs(to.top() - from.top()) / 200) - 1);
        paths.insert(link.id(), isRightBelow ? down(from, to) : around(from, to, lane));
    }
    // Links that leave one card start in the order of their other ends, so that they do not cross.
    for (auto& links : rightwards) {
        std::sort(links.begin(), links.end(), [&](const auto* a, const auto* b) { return card(a->toId).top() < card(b->toId).top(); });
        const qreal pitch = std::min(kPortPitch, 90.0 / qreal(links.size()));
        for (qsizetype i = 0; i < links.size(); ++i) {
            const qreal port = (qreal(i) - qreal(links.size() - 1) / 2) * pitch;
            paths.insert(links[i]->id(), across(card(links[i]->fromId), card(links[i]->toId), port));
        }
    }
    return paths;
}

} // namespace widgets
