#include "widgets/topology/topology_item.h"
#include "widgets/topology/topology_view.h"

#include <QAccessibleActionInterface>
#include <QAccessibleObject>
#include <QAccessibleWidget>
#include <QScrollBar>

using namespace Qt::StringLiterals;

namespace widgets {
namespace {

TopologyView* viewOf(const TopologyItem& item)
{
    if (!item.scene() || item.scene()->views().isEmpty()) return nullptr;
    return qobject_cast<TopologyView*>(item.scene()->views().first());
}

/// A cluster (list item) or a link (graphic) of the list "Topology". Press opens it, toggle selects it.
class ItemAccessible final : public QAccessibleObject, public QAccessibleActionInterface {
public:
    explicit ItemAccessible(TopologyItem* item) : QAccessibleObject{item} {}

    QAccessibleInterface* parent() const override { return QAccessible::queryAccessibleInterface(viewOf(item())); }
    int childCount() const override { return 0; }
    QAccessibleInterface* child(int) const override { return nullptr; }
    int indexOfChild(const QAccessibleInterface*) const override { return -1; }
    QAccessible::Role role() const override { return item().isCluster() ? QAccessible::ListItem : QAccessible::Graphic; }

    QString text(QAccessible::Text kind) const override
    {
        if (kind == QAccessible::Name) return item().accessibleName();
        if (kind == QAccessible::Description) return item().accessibleDescription();
        return {};
    }

    QAccessible::State state() const override
    {
        QAccessible::State state;
        const auto* view = viewOf(item());
        state.focusable = true;
        state.selectable = true;
        state.selected = item().isSelected();
        state.focused = item().isSelected() && view && view->hasFocus();
        state.invisible = !view || !view->isVisible();
        return state;
    }

    QRect rect() const override
    {
        const auto* view = viewOf(item());
        if (!view) return {};
        const QRect inViewport = view->mapFromScene(item().sceneOutline()).boundingRect();
        return {view->viewport()->mapToGlobal(inViewport.topLeft()), inViewport.size()};
    }

    void* interface_cast(QAccessible::InterfaceType type) override
    {
        if (type == QAccessible::ActionInterface) return static_cast<QAccessibleActionInterface*>(this);
        return QAccessibleObject::interface_cast(type);
    }

    QStringList actionNames() const override { return {pressAction(), toggleAction()}; }
    QStringList keyBindingsForAction(const QString& name) const override { return name == pressAction() ? QStringList{u"Return"_s} : QStringList{}; }
    void doAction(const QString& name) override
    {
        auto* view = viewOf(item());
        if (!view) return;
        const QString id = item().itemId();
        view->select(id);
        if (name == pressAction()) Q_EMIT view->opened(id);
    }

private:
    TopologyItem& item() const { return *static_cast<TopologyItem*>(object()); }
};

/// The list: clusters, then links.
class ViewAccessible final : public QAccessibleWidget {
public:
    explicit ViewAccessible(TopologyView* view) : QAccessibleWidget{view, QAccessible::List, u"Topology"_s} {}

    int childCount() const override { return static_cast<int>(view().items().size()); }

    QAccessibleInterface* child(int index) const override
    {
        const auto items = view().items();
        return index < 0 || index >= items.size() ? nullptr : QAccessible::queryAccessibleInterface(items[index]);
    }

    int indexOfChild(const QAccessibleInterface* child) const override
    {
        const auto items = view().items();
        for (qsizetype i = 0; i < items.size(); ++i) {
            if (items[i] == child->object()) return static_cast<int>(i);
        }
        return -1;
    }

    QAccessibleInterface* childAt(int x, int y) const override
    {
        for (auto* item : view().items()) {
            auto* accessible = QAccessible::queryAccessibleInterface(item);
            if (accessible && accessible->rect().contains(x, y)) return accessible;
        }
        return nullptr;
    }

    QAccessibleInterface* focusChild() const override
    {
        auto* item = view().hasFocus() ? view().itemOf(view().selectedId()) : nullptr;
        return item ? QAccessible::queryAccessibleInterface(item) : nullptr;
    }

    QString text(QAccessible::Text kind) const override { return kind == QAccessible::Name ? u"Topology"_s : QAccessibleWidget::text(kind); }

private:
    TopologyView& view() const { return *static_cast<TopologyView*>(object()); }
};

QAccessibleInterface* makeAccessible(const QString&, QObject* object)
{
    if (auto* view = qobject_cast<TopologyView*>(object)) return new ViewAccessible{view};
    if (auto* item = qobject_cast<TopologyItem*>(object)) return new ItemAccessible{item};
    return nullptr;
}

} // namespace

void installTopologyAccessibility()
{
    QAccessible::installFactory(makeAccessible);
}

} // namespace widgets
