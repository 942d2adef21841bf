#pragma once

#include "widgets/fleet/fleet_state.h"
#include "widgets/topology/topology_item.h"

#include <QPainterPath>

namespace widgets {

/// A link: solid for performance, dashed for disaster recovery, with one pill. Dots run along it while entries flow. A broken
/// link has a gap with a sign.
class LinkItem final : public TopologyItem {
    Q_OBJECT

public:
    LinkItem(const FleetLink& link, const QString& name);

    void present(const FleetLink& link, const QString& name);
    const FleetLink& link() const { return m_link; }
    /// Draws along `path`, from the primary to the secondary.
    void route(const QPainterPath& path);
    /// Moves the dots by this many seconds. Does nothing while no entries flow.
    void advanceDots(double seconds);

    QString itemId() const override { return m_link.id(); }
    QString accessibleName() const override { return m_name; }
    QString accessibleDescription() const override;
    bool isCluster() const override { return false; }
    QRectF sceneOutline() const override;

    QRectF boundingRect() const override;
    QPainterPath shape() const override;
    void paint(QPainter* painter, const QStyleOptionGraphicsItem* option, QWidget* widget) override;

private:
    bool isGapped() const;
    QColor color() const;
    void paintLine(QPainter& painter, qreal fromPercent, qreal toPercent, const QPen& pen) const;
    void paintDots(QPainter& painter) const;
    void paintPill(QPainter& painter) const;
    QRectF pillRect() const;

    FleetLink m_link;
    QString m_name;
    QPainterPath m_path;
    double m_dotOffset = 0;
};

} // namespace widgets
