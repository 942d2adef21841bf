#include "widgets/shell/canvas.h"

#include "widgets/look/theme.h"
#include "widgets/topology/topology_view.h"

#include <QFrame>
#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QPushButton>
#include <QScrollBar>
#include <QStyle>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace widgets {
namespace {

/// A short piece of a link, as in the picture.
class LineSample final : public QWidget {
public:
    LineSample(ReplicationType type, QWidget* parent) : QWidget{parent}, m_type{type} { setFixedSize(36, 16); }

protected:
    void paintEvent(QPaintEvent*) override
    {
        QPainter painter{this};
        QPen pen{tokens().of(m_type), 2, Qt::SolidLine, Qt::FlatCap};
        if (m_type == ReplicationType::Dr) pen.setDashPattern({3.5, 3});
        painter.setPen(pen);
        painter.drawLine(0, 8, 36, 8);
    }

private:
    const ReplicationType m_type;
};

} // namespace

Canvas::Canvas(QWidget* parent) : QWidget{parent}, m_view{new TopologyView{this}}, m_legend{new QFrame{this}}, m_zoom{new QFrame{this}}
{
    auto* layout = new QVBoxLayout{this};
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_view);

    auto* legend = new QHBoxLayout{m_legend};
    legend->setContentsMargins(14, 7, 6, 7);
    legend->setSpacing(8);
    m_legend->setProperty("kind", u"panel"_s);
    const QList<QPair<ReplicationType, QString>> kinds{{ReplicationType::Performance, tr("performance")},
                                                       {ReplicationType::Dr, tr("disaster recovery")}};
    for (const auto& [type, text] : kinds) {
        legend->addWidget(new LineSample{type, m_legend});
        auto* label = new QLabel{text, m_legend};
        label->setFont(Theme::font(12.5));
        label->setProperty("tone", u"dim"_s);
        legend->addWidget(label);
        legend->addSpacing(8);
    }
    m_legend->setAttribute(Qt::WA_TransparentForMouseEvents);

    m_zoom->setProperty("kind", u"panel"_s);
    auto* zoom = new QHBoxLayout{m_zoom};
    zoom->setContentsMargins(4, 2, 4, 2);
    zoom->setSpacing(0);
    auto* out = zoomButton(u"−"_s, u"Zoom out"_s);
    m_zoomText = zoomButton(u"100 %"_s, u"Zoom to fit"_s);
    auto* in = zoomButton(u"+"_s, u"Zoom in"_s);
    m_zoomText->setToolTip(tr("Show everything"));
    m_zoomText->setMinimumWidth(64);
    zoom->addWidget(out);
    zoom->addWidget(m_zoomText);
    zoom->addWidget(in);
    connect(out, &QPushButton::clicked, this, [this] { m_view->setZoom(m_view->zoom() / 1.2); });
    connect(in, &QPushButton::clicked, this, [this] { m_view->setZoom(m_view->zoom() * 1.2); });
    connect(m_zoomText, &QPushButton::clicked, m_view, &TopologyView::fit);
    connect(m_view, &TopologyView::zoomChanged, this, [this](qreal value) { m_zoomText->setText(tr("%1 %").arg(qRound(value * 100))); });
    connect(m_view->verticalScrollBar(), &QScrollBar::rangeChanged, this, [this] { placeFloating(); });
}

Canvas::~Canvas()
{
    // While it is destroyed, the view still reports changes of its scroll bars. Nobody must listen to a half-destroyed canvas.
    delete m_view;
}

QPushButton* Canvas::zoomButton(const QString& text, const QString& name)
{
    auto* button = new QPushButton{text, m_zoom};
    button->setObjectName(QString{name}.toLower().replace(u' ', u'-'));
    button->setAccessibleName(name);
    button->setProperty("kind", u"quiet"_s);
    button->setMinimumWidth(32);
    button->setStyleSheet(u"padding: 0 4px;"_s);
    return button;
}

void Canvas::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    placeFloating();
}

void Canvas::placeFloating()
{
    const QRect room = QRect{QPoint{}, m_view->viewport()->size()};
    const auto place = [&](QWidget* widget, bool isLeft) {
        widget->adjustSize();
        const QSize size = widget->sizeHint();
        const QRect wanted{isLeft ? 16 : room.width() - size.width() - 16, room.height() - size.height() - 16, size.width(), size.height()};
        widget->setGeometry(QStyle::visualRect(layoutDirection(), room, wanted));
        widget->raise();
    };
    place(m_legend, true);
    place(m_zoom, false);
}

} // namespace widgets
