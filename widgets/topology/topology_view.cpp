#include "widgets/topology/topology_view.h"

#include "widgets/look/format.h"
#include "widgets/look/theme.h"
#include "widgets/topology/cluster_item.h"
#include "widgets/topology/link_item.h"
#include "widgets/topology/link_router.h"

#include <QAccessible>
#include <QKeyEvent>
#include <QPainter>
#include <QScrollBar>
#include <QSignalBlocker>
#include <QWheelEvent>

#include <cmath>

using namespace Qt::StringLiterals;

namespace widgets {
namespace {

constexpr qreal kZoomMin = 0.12;
constexpr qreal kZoomMax = 2.0;
constexpr qreal kFitMin = 0.66; // still the full level of detail
constexpr qreal kMargin = 40;
constexpr qreal kDotPitch = 24;
constexpr int kFrameMs = 33;

} // namespace

TopologyView::TopologyView(QWidget* parent) : QGraphicsView{parent}
{
    setObjectName(u"topology"_s);
    setAccessibleName(u"Topology"_s);
    setScene(&m_scene);
    setFrameShape(QFrame::NoFrame);
    setRenderHint(QPainter::Antialiasing);
    setDragMode(QGraphicsView::ScrollHandDrag);
    setTransformationAnchor(QGraphicsView::AnchorUnderMouse);
    setViewportUpdateMode(QGraphicsView::SmartViewportUpdate);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAsNeeded);
    setFocusPolicy(Qt::StrongFocus);
    m_frameTimer.setInterval(kFrameMs);
    connect(&m_frameTimer, &QTimer::timeout, this, [this] {
        const double seconds = static_cast<double>(m_frameClock.restart()) / 1000.0;
        for (auto* link : std::as_const(m_links)) link->advanceDots(std::min(seconds, 0.1));
    });
    connect(&m_scene, &QGraphicsScene::selectionChanged, this, &TopologyView::announceSelection);
    connect(&Theme::instance(), &Theme::changed, this, [this] {
        for (auto* item : items()) item->update();
        resetCachedContent();
        viewport()->update();
    });
}

TopologyView::~TopologyView()
{
    const QSignalBlocker noSelectionChanges{m_scene};
    m_scene.clear();
}

void TopologyView::present(const FleetState& fleet)
{
    const QStringList before = m_order;
    placeItems(fleet);
    relayout(fleet);
    if (before != m_order) {
        if (!m_isZoomedByHand) fit();
        QAccessibleEvent event{this, QAccessible::ObjectReorder};
        QAccessible::updateAccessibility(&event);
    }
    updateTimer();
}

void TopologyView::placeItems(const FleetState& fleet)
{
    QHash<QString, ClusterItem*> clusters;
    QHash<QString, LinkItem*> links;
    m_order.clear();
    for (const auto& node : fleet.nodes) {
        auto* item = m_clusters.take(node.id());
        if (!item) {
            item = new ClusterItem{node};
            m_scene.addItem(item);
        }
        const QString before = item->accessibleDescription();
        item->present(node);
        if (before != item->accessibleDescription()) {
            QAccessibleEvent event{item, QAccessible::DescriptionChanged};
            QAccessible::updateAccessibility(&event);
        }
        clusters.insert(node.id(), item);
        m_order << node.id();
    }
    for (const auto& link : fleet.links) {
        auto* item = m_links.take(link.id());
        const QString name = Format::linkName(fleet, link);
        if (!item) {
            item = new LinkItem{link, name};
            m_scene.addItem(item);
        }
        item->present(link, name);
        links.insert(link.id(), item);
        m_order << link.id();
    }
    // Items that are not in the new state are removed.
    qDeleteAll(m_clusters);
    qDeleteAll(m_links);
    m_clusters = clusters;
    m_links = links;
}

void TopologyView::relayout(const FleetState& fleet)
{
    m_layout = layoutTopology(fleet);
    for (auto it = m_clusters.cbegin(); it != m_clusters.cend(); ++it) it.value()->setPos(m_layout.positions.value(it.key()));
    const auto paths = routeLinks(fleet, m_layout);
    for (auto it = m_links.cbegin(); it != m_links.cend(); ++it) it.value()->route(paths.value(it.key()));
    const QRectF wanted = m_layout.bounds.adjusted(-kMargin, -kMargin, kMargin, kMargin + 30);
    if (m_scene.sceneRect() != wanted) m_scene.setSceneRect(wanted);
}

QList<TopologyItem*> TopologyView::items() const
{
    QList<TopologyItem*> list;
    for (const auto& id : m_order) {
        if (auto* item = itemOf(id)) list << item;
    }
    return list;
}

TopologyItem* TopologyView::itemOf(const QString& id) const
{
    if (auto* cluster = m_clusters.value(id)) return cluster;
    return m_links.value(id);
}

QString TopologyView::selectedId() const
{
    const auto chosen = m_scene.selectedItems();
    const auto* item = chosen.isEmpty() ? nullptr : dynamic_cast<const TopologyItem*>(chosen.first());
    return item ? item->itemId() : QString{};
}

void TopologyView::select(const QString& id)
{
    if (selectedId() == id) return;
    auto* item = itemOf(id);
    {
        const QSignalBlocker once{m_scene};
        m_scene.clearSelection();
    }
    if (!item) {
        viewport()->update();
        return announceSelection();
    }
    item->setSelected(true);
    ensureVisible(item->sceneOutline(), 40, 40);
}

void TopologyView::announceSelection()
{
    viewport()->update();
    const QString id = selectedId();
    if (auto* item = itemOf(id)) {
        QAccessibleEvent event{item, QAccessible::Focus};
        QAccessible::updateAccessibility(&event);
    }
    Q_EMIT selected(id);
}

void TopologyView::step(int direction)
{
    if (m_order.isEmpty()) return;
    const auto current = m_order.indexOf(selectedId());
    const auto count = m_order.size();
    const auto next = current < 0 ? (direction > 0 ? 0 : count - 1) : (current + direction + count) % count;
    select(m_order[next]);
}

void TopologyView::keyPressEvent(QKeyEvent* event)
{
    switch (event->key()) {
    case Qt::Key_Right:
    case Qt::Key_Down: return step(1);
    case Qt::Key_Left:
    case Qt::Key_Up: return step(-1);
    case Qt::Key_Home:
        if (!m_order.isEmpty()) select(m_order.first());
        return;
    case Qt::Key_End:
        if (!m_order.isEmpty()) select(m_order.last());
        return;
    case Qt::Key_Return:
    case Qt::Key_Enter:
        if (const QString id = selectedId(); !id.isEmpty()) Q_EMIT opened(id);
        return;
    case Qt::Key_Plus: return setZoom(zoom() * 1.2);
    case Qt::Key_Minus: return setZoom(zoom() / 1.2);
    case Qt::Key_0: return setZoom(1);
    default: event->ignore(); // Tab and shortcuts belong to the window
    }
}

void TopologyView::focusInEvent(QFocusEvent* event)
{
    QGraphicsView::focusInEvent(event);
    const bool byKeyboard = event->reason() == Qt::TabFocusReason || event->reason() == Qt::BacktabFocusReason;
    if (byKeyboard && selectedId().isEmpty()) step(1);
}

void TopologyView::wheelEvent(QWheelEvent* event)
{
    if (!(event->modifiers() & Qt::ControlModifier)) return QGraphicsView::wheelEvent(event);
    setZoom(zoom() * std::pow(1.0015, event->angleDelta().y()));
    event->accept();
}

void TopologyView::mouseDoubleClickEvent(QMouseEvent* event)
{
    if (const auto* item = dynamic_cast<TopologyItem*>(itemAt(event->position().toPoint()))) {
        Q_EMIT opened(item->itemId());
        return;
    }
    QGraphicsView::mouseDoubleClickEvent(event);
}

void TopologyView::setZoom(qreal zoom)
{
    m_isZoomedByHand = true;
    const qreal bounded = std::clamp(zoom, kZoomMin, kZoomMax);
    setTransform(QTransform::fromScale(bounded, bounded));
    Q_EMIT zoomChanged(bounded);
}

void TopologyView::fit()
{
    const QRectF wanted = sceneRect();
    if (wanted.isEmpty()) return;
    const QSizeF room = viewport()->size();
    const qreal whole = std::min(room.width() / wanted.width(), room.height() / wanted.height());
    // The scene is too large for the window. Fit the width, and show the first replication set.
    const qreal byWidth = room.width() / wanted.width();
    const qreal chosen = std::clamp(whole < kFitMin ? std::min(byWidth, 0.9) : whole, kFitMin, 1.0);
    setZoom(chosen);
    m_isZoomedByHand = false;
    if (wanted.height() * chosen > room.height()) verticalScrollBar()->setValue(verticalScrollBar()->minimum());
    if (wanted.width() * chosen > room.width()) horizontalScrollBar()->setValue(horizontalScrollBar()->minimum());
}

void TopologyView::setAnimated(bool isAnimated)
{
    m_isAnimated = isAnimated;
    updateTimer();
}

void TopologyView::updateTimer()
{
    const bool flows = std::any_of(m_links.cbegin(), m_links.cend(), [](const LinkItem* link) { return link->link().isFlowing(); });
    const bool wanted = m_isAnimated && flows && isVisible();
    if (wanted == m_frameTimer.isActive()) return;
    if (wanted) {
        m_frameClock.start();
        m_frameTimer.start();
    } else {
        m_frameTimer.stop();
    }
}

void TopologyView::resizeEvent(QResizeEvent* event)
{
    QGraphicsView::resizeEvent(event);
    if (!m_isZoomedByHand) fit();
}

void TopologyView::showEvent(QShowEvent* event)
{
    QGraphicsView::showEvent(event);
    if (!m_isZoomedByHand) fit();
    updateTimer();
}

void TopologyView::hideEvent(QHideEvent* event)
{
    QGraphicsView::hideEvent(event);
    updateTimer();
}

void TopologyView::drawBackground(QPainter* painter, const QRectF& rect)
{
    const auto& t = tokens();
    painter->fillRect(rect, t.canvas);
    if (zoom() > 0.4) {
        painter->setPen(Qt::NoPen);
        painter->setBrush(t.canvasDot);
        for (qreal x = std::floor(rect.left() / kDotPitch) * kDotPitch; x < rect.right(); x += kDotPitch) {
            for (qreal y = std::floor(rect.top() / kDotPitch) * kDotPitch; y < rect.bottom(); y += kDotPitch)
                painter->drawEllipse(QPointF{x, y}, 1, 1);
        }
    }
    for (const auto& region : m_layout.regions) {
        if (!region.rect.intersects(rect)) continue;
        painter->setPen(QPen{t.line, 1, Qt::CustomDashLine});
        QPen dashed{t.line, 1};
        dashed.setDashPattern({4, 4});
        painter->setPen(dashed);
        painter->setBrush(Qt::NoBrush);
        painter->drawRoundedRect(region.rect, 10, 10);
        painter->setFont(Theme::caption());
        painter->setPen(t.dim);
        painter->drawText(region.rect.adjusted(16, 12, -16, 0), Qt::AlignLeft | Qt::AlignTop, region.name);
    }
}

} // namespace widgets
