#include "widgets/topology/topology_item.h"

#include <QGraphicsScene>
#include <QGraphicsView>

namespace widgets {

qreal TopologyItem::viewScale() const
{
    if (!scene() || scene()->views().isEmpty()) return 1;
    return scene()->views().constFirst()->transform().m11();
}

} // namespace widgets
