#pragma once

#include "widgets/look/theme.h"

#include <QIcon>
#include <QRectF>

class QPainter;

namespace widgets {

/// Draws the shape of a state into the square `rect`: every state differs by form, not only by colour.
void paintStateShape(QPainter& painter, const QRectF& rect, HealthState state, const Tokens& tokens);
/// A triangle with an exclamation mark, for warnings that are no state of a cluster.
void paintWarning(QPainter& painter, const QRectF& rect, const Tokens& tokens);

QPixmap statePixmap(HealthState state, int pixels, qreal devicePixelRatio);

} // namespace widgets
