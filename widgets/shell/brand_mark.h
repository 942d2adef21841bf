#pragma once

#include <QWidget>

namespace widgets {

/// The shield and the name.
class BrandMark final : public QWidget {
    Q_OBJECT

public:
    explicit BrandMark(QWidget* parent = nullptr);
    QSize sizeHint() const override { return {112, 34}; }

protected:
    void paintEvent(QPaintEvent* event) override;
};

} // namespace widgets
