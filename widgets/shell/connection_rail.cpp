#include "widgets/shell/connection_rail.h"

#include "widgets/look/theme.h"
#include "widgets/shell/list_delegates.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QListView>
#include <QPushButton>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace widgets {

ConnectionRail::ConnectionRail(QWidget* parent)
    : QWidget{parent}
    , m_list{new QListView{this}}
    , m_add{new QPushButton{u"+"_s, this}}
    , m_empty{new QLabel{tr("No cluster is connected yet. Add one by its address, its certificate and a token."), this}}
{
    setProperty("ground", u"surface"_s);
    setAttribute(Qt::WA_StyledBackground);

    auto* title = new QLabel{tr("Connections"), this};
    title->setFont(Theme::caption());
    title->setProperty("tone", u"faint"_s);

    m_add->setObjectName(u"railAdd"_s);
    m_add->setAccessibleName(u"Add connection"_s);
    m_add->setToolTip(tr("Add a connection"));
    m_add->setProperty("kind", u"quiet"_s);
    m_add->setFixedWidth(34);
    m_add->setStyleSheet(u"font-size: 17px; padding: 0;"_s);

    m_list->setObjectName(u"connections"_s);
    m_list->setAccessibleName(u"Connections"_s);
    m_list->setModel(&m_model);
    m_list->setItemDelegate(new ConnectionDelegate{m_list});
    m_list->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_list->setFrameShape(QFrame::NoFrame);
    m_list->setMouseTracking(true);

    m_empty->setWordWrap(true);
    m_empty->setProperty("tone", u"dim"_s);
    m_empty->setMargin(20); // contents margins belong to the style sheet

    auto* header = new QHBoxLayout;
    header->setContentsMargins(20, 12, 12, 0);
    header->addWidget(title, 1);
    header->addWidget(m_add);
    auto* layout = new QVBoxLayout{this};
    layout->setContentsMargins(0, 0, 0, 8);
    layout->setSpacing(0);
    layout->addLayout(header);
    layout->addWidget(m_empty);
    layout->addWidget(m_list, 1);

    connect(m_add, &QPushButton::clicked, this, &ConnectionRail::addRequested);
    connect(m_list->selectionModel(), &QItemSelectionModel::currentChanged, this, [this](const QModelIndex& current) {
        if (m_isFollowing) return;
        if (const QString id = current.data(ConnectionListModel::IdRole).toString(); !id.isEmpty()) Q_EMIT selected(id);
    });
    connect(m_list, &QListView::activated, this, [this](const QModelIndex& index) {
        if (const QString id = index.data(ConnectionListModel::IdRole).toString(); !id.isEmpty()) Q_EMIT opened(id);
    });
}

void ConnectionRail::present(const FleetState& fleet)
{
    m_model.show(fleet);
    m_empty->setVisible(fleet.nodes.isEmpty());
}

void ConnectionRail::select(const QString& id)
{
    m_isFollowing = true;
    const QModelIndex index = m_model.indexOf(id);
    if (index.isValid()) m_list->setCurrentIndex(index);
    else m_list->clearSelection();
    m_isFollowing = false;
}

} // namespace widgets
