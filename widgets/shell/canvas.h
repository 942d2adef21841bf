#pragma once

#include <QWidget>

class QLabel;
class QPushButton;

namespace widgets {

class TopologyView;

/// The topology with its legend and zoom buttons floating above it.
class Canvas final : public QWidget {
    Q_OBJECT

public:
    explicit Canvas(QWidget* parent = nullptr);
    ~Canvas() override;
    TopologyView& view() const { return *m_view; }

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    void placeFloating();
    QPushButton* zoomButton(const QString& text, const QString& name);

    TopologyView* m_view;
    QWidget* m_legend;
    QWidget* m_zoom;
    QPushButton* m_zoomText;
};

} // namespace widgets
