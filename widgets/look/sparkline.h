#pragma once

#include <QColor>
#include <QList>
#include <QWidget>

class QPainter;

namespace widgets {

/// Draws `values` as a line across `rect`, oldest at the left; `fill` colours the area below.
void paintSparkline(QPainter& painter, const QRectF& rect, const QList<double>& values, const QColor& color, bool fill);

/// A small chart of one series. Its accessible description has the newest value.
class Sparkline final : public QWidget {
    Q_OBJECT

public:
    explicit Sparkline(QWidget* parent = nullptr);

    void setValues(const QList<double>& values, const QColor& color, const QString& description);
    QSize sizeHint() const override { return {200, 72}; }

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    QList<double> m_values;
    QColor m_color;
};

} // namespace widgets
