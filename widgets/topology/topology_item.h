#pragma once

#include <QGraphicsObject>

namespace widgets {

/// The common part of a cluster and a link in the topology: an id, a place in the keyboard's order, texts for the
/// accessibility tree.
class TopologyItem : public QGraphicsObject {
    Q_OBJECT

public:
    virtual QString itemId() const = 0;
    /// Stable and in English, because tests find items by it.
    virtual QString accessibleName() const = 0;
    virtual QString accessibleDescription() const = 0;
    virtual bool isCluster() const = 0;
    /// What screen readers outline, in scene coordinates.
    virtual QRectF sceneOutline() const { return sceneBoundingRect(); }

protected:
    /// The zoom of the view. It is not taken from the painter, because a denser screen must not show more detail.
    qreal viewScale() const;
};

} // namespace widgets
