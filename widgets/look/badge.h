#pragma once

#include <QColor>
#include <QLabel>
#include <QRectF>

class QPainter;

namespace widgets {

/// Width of a badge with this text.
qreal badgeWidth(const QString& text);
/// An outlined capsule with small capitals.
void paintBadge(QPainter& painter, const QRectF& rect, const QString& text, const QColor& color);

/// The same as a widget.
class Badge final : public QLabel {
    Q_OBJECT

public:
    explicit Badge(QWidget* parent = nullptr);
    void present(const QString& text, const QColor& color);

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    QColor m_color;
};

} // namespace widgets
