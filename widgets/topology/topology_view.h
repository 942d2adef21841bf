#pragma once

#include "widgets/fleet/fleet_state.h"
#include "widgets/topology/topology_layout.h"

#include <QElapsedTimer>
#include <QGraphicsView>
#include <QTimer>

namespace widgets {

class ClusterItem;
class LinkItem;
class TopologyItem;

/// The canvas: clusters as cards, with links between them. Shows a FleetState and reports what the user chose or opened.
///
/// Keyboard: arrows walk through clusters and links in reading order, Return opens, + - and 0 zoom. Wheel with Ctrl zooms,
/// dragging pans. Its accessibility tree is in topology_accessible.cpp.
class TopologyView final : public QGraphicsView {
    Q_OBJECT

public:
    explicit TopologyView(QWidget* parent = nullptr);
    ~TopologyView() override;

    void present(const FleetState& fleet);
    /// The id of the chosen cluster or link, or empty.
    QString selectedId() const;
    void select(const QString& id);
    /// Clusters, then links, each in the order of the keyboard.
    QList<TopologyItem*> items() const;
    TopologyItem* itemOf(const QString& id) const;

    void setAnimated(bool isAnimated);
    qreal zoom() const { return transform().m11(); }
    void setZoom(qreal zoom);
    /// Fits everything into the view, but stays readable and never enlarges.
    void fit();

Q_SIGNALS:
    void selected(const QString& id);
    void opened(const QString& id);
    void zoomChanged(qreal zoom);

protected:
    void drawBackground(QPainter* painter, const QRectF& rect) override;
    void keyPressEvent(QKeyEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void showEvent(QShowEvent* event) override;
    void hideEvent(QHideEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;

private:
    void placeItems(const FleetState& fleet);
    void relayout(const FleetState& fleet);
    void step(int direction);
    void updateTimer();
    void announceSelection();

    QGraphicsScene m_scene;
    QHash<QString, ClusterItem*> m_clusters;
    QHash<QString, LinkItem*> m_links;
    QStringList m_order; // clusters in the order of their connections, then links
    TopologyLayout m_layout;
    QTimer m_frameTimer;
    QElapsedTimer m_frameClock;
    bool m_isAnimated = true;
    bool m_isZoomedByHand = false;
};

/// Makes the topology visible to screen readers and test drivers; call once, before the first window.
void installTopologyAccessibility();

} // namespace widgets
