#include "widgets/look/flow_layout.h"

#include <QStyle>
#include <QWidget>

namespace widgets {

FlowLayout::FlowLayout(QWidget* parent, int spacing) : QLayout{parent}, m_spacing{spacing}
{
    setContentsMargins(0, 0, 0, 0);
}

FlowLayout::~FlowLayout()
{
    qDeleteAll(m_items);
}

void FlowLayout::setGeometry(const QRect& rect)
{
    QLayout::setGeometry(rect);
    arrange(rect, true);
}

QSize FlowLayout::minimumSize() const
{
    QSize size;
    for (const auto* item : m_items) {
        if (!item->isEmpty()) size = size.expandedTo(item->minimumSize());
    }
    return size;
}

int FlowLayout::arrange(const QRect& rect, bool apply) const
{
    const auto direction = parentWidget() ? parentWidget()->layoutDirection() : Qt::LeftToRight;
    int x = rect.x();
    int y = rect.y();
    int lineHeight = 0;
    for (auto* item : m_items) {
        if (item->isEmpty()) continue;
        const QSize size = item->sizeHint();
        if (x > rect.x() && x + size.width() > rect.right() + 1) {
            x = rect.x();
            y += lineHeight + m_spacing;
            lineHeight = 0;
        }
        // A widget that is lower than its line is centred in it, as a badge beside a title.
        const int drop = x > rect.x() ? std::max(0, (lineHeight - size.height()) / 2) : 0;
        if (apply) item->setGeometry(QStyle::visualRect(direction, rect, QRect{QPoint{x, y + drop}, size}));
        x += size.width() + m_spacing;
        lineHeight = std::max(lineHeight, size.height());
    }
    return y + lineHeight - rect.y();
}

} // namespace widgets
