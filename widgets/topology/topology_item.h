#pragma once

#include <QGraphicsObject>

namespace widgets {

/// What a cluster and a link have in common in the topology: an id, a place in the keyboard's order, words for the
/// accessibility tree.
class TopologyItem : public QGraphicsObject {
    Q_OBJECT

public:
    virtual QString itemId() const = 0;
    /// Stable and in English: items are found by it.
    virtual QString accessibleName() const = 0;
    virtual QString accessibleDescription() const = 0;
    virtual bool isCluster() const = 0;
    /// What screen readers outline, in scene coordinates.
    virtual QRectF sceneOutline() const { return sceneBoundingRect(); }

protected:
    /// How large the view shows the scene. Not what a painter tells: a denser screen shows no more detail.
    qreal viewScale() const;
};

} // namespace widgets
