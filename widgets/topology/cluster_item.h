#pragma once

#include "widgets/fleet/fleet_state.h"
#include "widgets/topology/topology_item.h"

namespace widgets {

/// A cluster's card, in three levels of detail: everything; name, role and state; a dot with its shape.
class ClusterItem final : public TopologyItem {
    Q_OBJECT

public:
    explicit ClusterItem(const FleetNode& node);

    void present(const FleetNode& node);
    const FleetNode& node() const { return m_node; }

    QString itemId() const override { return m_node.id(); }
    QString accessibleName() const override { return m_node.name(); }
    QString accessibleDescription() const override;
    bool isCluster() const override { return true; }

    QRectF boundingRect() const override;
    void paint(QPainter* painter, const QStyleOptionGraphicsItem* option, QWidget* widget) override;

private:
    void paintFull(QPainter& painter) const;
    void paintMiddle(QPainter& painter) const;
    void paintDot(QPainter& painter) const;
    void paintGround(QPainter& painter) const;
    void paintHeading(QPainter& painter) const;
    void paintFooter(QPainter& painter) const;

    FleetNode m_node;
};

} // namespace widgets
