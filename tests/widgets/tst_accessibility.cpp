#include "tests/widgets/sample_fleet.h"
#include "widgets/dialogs/connection_dialog.h"
#include "widgets/look/theme.h"
#include "widgets/look/translations.h"
#include "widgets/shell/main_window.h"
#include "widgets/topology/topology_item.h"
#include "widgets/topology/topology_view.h"
#include "widgets/wizard/replication/enable_wizard.h"
#include "widgets/wizard/replication/follow_wizard.h"
#include "widgets/wizard/replication/promote_wizard.h"
#include "widgets/wizard/replication/role_wizard.h"
#include "widgets/wizard/snapshot/snapshot_wizard.h"
#include "widgets/wizard/frame/wizard_page.h"

#include <QAccessible>
#include <QAccessibleActionInterface>
#include <QAction>
#include <QComboBox>
#include <QLineEdit>
#include <QMenuBar>
#include <QPushButton>
#include <QRadioButton>
#include <QSet>
#include <QSignalSpy>
#include <QTest>

#include <cmath>

using namespace Qt::StringLiterals;
using namespace widgets;

class TestAccessibility : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void topologyIsAListOfClustersAndLinks();
    void pressOpensACluster();
    void topologyIsWalkedByKeyboard();
    void everyFocusableWidgetHasAnAccessibleName_data();
    void everyFocusableWidgetHasAnAccessibleName();
    void everyWindowIsWalkedByTab_data() { everyFocusableWidgetHasAnAccessibleName_data(); }
    void everyWindowIsWalkedByTab();
    void everyCommandIsInTheMenu();
    void passwordFieldsShowNothing();
    void textHasContrast_data();
    void textHasContrast();

private:
    std::unique_ptr<tests::SampleFleet> m_sample;
    QStringList m_problems;
    void walk(QWidget& widget, const QString& where);
};

void TestAccessibility::initTestCase()
{
    installTranslations(*qApp, QLocale{QLocale::English});
    installTopologyAccessibility();
    Theme::instance().apply(ThemeChoice::Light);
    m_sample = std::make_unique<tests::SampleFleet>();
    m_sample->fake.add(u"us-west"_s);
    m_sample->connectCluster(u"us-west"_s, u"Lab (embedded)"_s, {}, false);
    m_sample->pass(3);
}

void TestAccessibility::topologyIsAListOfClustersAndLinks()
{
    MainWindow window{m_sample->model, m_sample->log, *m_sample->store};
    window.show();
    auto* list = QAccessible::queryAccessibleInterface(window.findChild<TopologyView*>());
    QVERIFY(list);
    QCOMPARE(list->role(), QAccessible::List);
    QCOMPARE(list->text(QAccessible::Name), u"Topology"_s);
    QCOMPARE(list->childCount(), 13); // eight clusters, five links
    QHash<QString, QAccessibleInterface*> children;
    for (int i = 0; i < list->childCount(); ++i) {
        auto* child = list->child(i);
        QCOMPARE(list->indexOfChild(child), i);
        QCOMPARE(child->parent(), list);
        QVERIFY(!child->rect().isEmpty());
        children.insert(child->text(QAccessible::Name), child);
    }
    QVERIFY(children.contains(u"ap-south"_s));
    QCOMPARE(children[u"ap-south"_s]->role(), QAccessible::ListItem);
    QCOMPARE(children[u"ap-south"_s]->text(QAccessible::Description), u"performance, stream-wals, 0 entries behind"_s);
    QVERIFY(children.contains(u"eu-central → us-east (performance)"_s));
    QVERIFY(children.contains(u"eu-central → eu-west (disaster recovery)"_s));
    QCOMPARE(children[u"eu-central → eu-west (disaster recovery)"_s]->role(), QAccessible::Graphic);
}

void TestAccessibility::pressOpensACluster()
{
    MainWindow window{m_sample->model, m_sample->log, *m_sample->store};
    window.show();
    auto* view = window.findChild<TopologyView*>();
    QSignalSpy opened{view, &TopologyView::opened};
    auto* item = QAccessible::queryAccessibleInterface(view->itemOf(u"us-east"_s));
    QVERIFY(item->actionInterface());
    item->actionInterface()->doAction(QAccessibleActionInterface::pressAction());
    QCOMPARE(opened.size(), 1);
    QCOMPARE(window.selectedId(), u"us-east"_s);
    QVERIFY(item->state().selected);
}

void TestAccessibility::topologyIsWalkedByKeyboard()
{
    MainWindow window{m_sample->model, m_sample->log, *m_sample->store};
    window.show();
    auto* view = window.findChild<TopologyView*>();
    view->setFocus();
    QTest::keyClick(view, Qt::Key_Home);
    QCOMPARE(window.selectedId(), u"eu-central"_s);
    QTest::keyClick(view, Qt::Key_Right);
    QCOMPARE(window.selectedId(), u"us-east"_s);
    QTest::keyClick(view, Qt::Key_Left);
    QTest::keyClick(view, Qt::Key_Left);
    QVERIFY(m_sample->model.state().link(window.selectedId()));
    QSignalSpy opened{view, &TopologyView::opened};
    QTest::keyClick(view, Qt::Key_Return);
    QCOMPARE(opened.size(), 1);
    const qreal before = view->zoom();
    QTest::keyClick(view, Qt::Key_Minus);
    QVERIFY(view->zoom() < before);
}

void TestAccessibility::walk(QWidget& widget, const QString& where)
{
    QHash<QString, QString> seen;
    const auto children = widget.findChildren<QWidget*>();
    for (auto* child : children) {
        if (!(child->focusPolicy() & Qt::TabFocus) || child->focusProxy() || child->objectName().startsWith("qt_"_L1)) continue;
        auto* accessible = QAccessible::queryAccessibleInterface(child);
        const QString name = accessible ? accessible->text(QAccessible::Name) : QString{};
        const QString what = u"%1: %2 %3"_s.arg(where, QString::fromLatin1(child->metaObject()->className()), child->objectName());
        if (name.isEmpty()) m_problems << what + u" has no accessible name"_s;
        if (!child->isVisibleTo(&widget) || qobject_cast<QComboBox*>(child)) continue;
        if (seen.contains(name)) m_problems << u"%1 and %2 are both called %3"_s.arg(what, seen[name], name);
        seen.insert(name, what);
    }
}

void TestAccessibility::everyFocusableWidgetHasAnAccessibleName_data()
{
    QTest::addColumn<std::function<QWidget*()>>("make");
    const auto row = [](const char* name, std::function<QWidget*()> make) { QTest::newRow(name) << std::move(make); };
    auto& s = *m_sample;
    row("main window", [&] { return new MainWindow{s.model, s.log, *s.store}; });
    row("enable", [&] { return new EnableWizard{s.model, s.log, u"eu-central"_s, nullptr}; });
    row("promote", [&] { return new PromoteWizard{s.model, s.log, u"eu-west"_s, nullptr}; });
    row("follow", [&] { return new FollowWizard{s.model, s.log, {u"eu-west"_s, u"eu-central"_s, ReplicationType::Dr, {}, {}}, nullptr}; });
    row("snapshots", [&] { return new SnapshotWizard{s.model, s.log, u"eu-central"_s, nullptr}; });
    row("demote", [&] { return new RoleWizard{s.model, s.log, Command::Demote, u"eu-central"_s, nullptr}; });
    row("connection", [&] { return new ConnectionDialog{s.model, *s.store, {}, nullptr}; });
}

void TestAccessibility::everyFocusableWidgetHasAnAccessibleName()
{
    QFETCH(std::function<QWidget*()>, make);
    m_problems.clear();
    std::unique_ptr<QWidget> widget{make()};
    widget->setAttribute(Qt::WA_DeleteOnClose, false);
    widget->show();
    walk(*widget, QString::fromLatin1(QTest::currentDataTag()));
    if (auto* wizard = qobject_cast<WizardDialog*>(widget.get())) {
        for (auto* page : wizard->pages()) walk(*page, u"%1, %2"_s.arg(QString::fromLatin1(QTest::currentDataTag()), page->stepTitle()));
    }
    QVERIFY2(m_problems.isEmpty(), qPrintable(m_problems.join(u'\n')));
}

/// Tab leads through every control that can be filled in or pressed, and returns to the first one. It traps nobody and skips nothing.
void TestAccessibility::everyWindowIsWalkedByTab()
{
    QFETCH(std::function<QWidget*()>, make);
    std::unique_ptr<QWidget> widget{make()};
    widget->setAttribute(Qt::WA_DeleteOnClose, false);
    widget->show();
    QVERIFY(QTest::qWaitForWindowActive(widget.get()));
    QSet<QWidget*> reached;
    for (int i = 0; i < 200; ++i) {
        auto* focused = widget->focusWidget();
        QVERIFY(focused);
        reached.insert(focused);
        QTest::keyClick(focused, Qt::Key_Tab);
        if (widget->focusWidget() != focused) continue;
        break; // a widget that keeps Tab for itself would be a fault here
    }
    const auto all = widget->findChildren<QWidget*>();
    for (auto* child : all) {
        const bool isMeant = (child->focusPolicy() & Qt::TabFocus) && child->isEnabled() && child->isVisible() && !child->focusProxy() &&
                             child->window() == widget.get();
        if (!isMeant || qobject_cast<QRadioButton*>(child)) continue; // Tab reaches only the chosen radio button
        QVERIFY2(reached.contains(child), qPrintable(u"Tab never reaches %1 (%2)"_s.arg(child->objectName(), child->accessibleName())));
    }
}

void TestAccessibility::everyCommandIsInTheMenu()
{
    MainWindow window{m_sample->model, m_sample->log, *m_sample->store};
    QStringList names;
    const auto menus = window.menuBar()->actions();
    for (const auto* menu : menus) {
        const auto actions = menu->menu()->actions();
        for (const auto* action : actions) names << action->objectName();
    }
    for (const auto command : Commands::all()) QVERIFY2(names.contains(Commands::name(command)), qPrintable(Commands::name(command)));
    QVERIFY(names.contains(u"Add connection"_s));
}

void TestAccessibility::passwordFieldsShowNothing()
{
    ConnectionDialog dialog{m_sample->model, *m_sample->store, {}, nullptr};
    dialog.setAttribute(Qt::WA_DeleteOnClose, false);
    auto* token = dialog.findChild<QLineEdit*>(u"connectionToken"_s);
    token->setText(u"hvs.canary"_s);
    auto* accessible = QAccessible::queryAccessibleInterface(token);
    for (const auto kind : {QAccessible::Name, QAccessible::Description, QAccessible::Value}) QVERIFY(!accessible->text(kind).contains("canary"_L1));
    QVERIFY(accessible->state().passwordEdit);
}

void TestAccessibility::textHasContrast_data()
{
    QTest::addColumn<QColor>("text");
    QTest::addColumn<QColor>("ground");
    for (const auto* t : {&lightTokens(), &darkTokens()}) {
        const auto row = [&](const char* name, const QColor& text, const QColor& ground) {
            QTest::newRow(qPrintable(QString::fromLatin1(name) + (t->isDark ? u" dark"_s : u" light"_s))) << text << ground;
        };
        row("text on surface", t->text, t->surface);
        row("text on selection", t->text, t->selection);
        row("dim on surface", t->dim, t->surface);
        row("dim on window", t->dim, t->bg);
        row("dim on well", t->dim, t->raised);
        row("faint on surface", t->faint, t->surface);
        row("dim on canvas", t->dim, t->canvas);
        row("accent on surface", t->accent, t->surface);
        row("text on accent", t->onAccent, t->accent);
        row("performance on surface", t->performance, t->surface);
        row("disaster recovery on surface", t->dr, t->surface);
        row("ok on surface", t->ok, t->surface);
        row("warning on surface", t->warn, t->surface);
        row("error on surface", t->error, t->surface);
    }
}

void TestAccessibility::textHasContrast()
{
    QFETCH(QColor, text);
    QFETCH(QColor, ground);
    const auto luminance = [](const QColor& c) {
        const auto linear = [](double v) { return v <= 0.03928 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4); };
        return 0.2126 * linear(c.redF()) + 0.7152 * linear(c.greenF()) + 0.0722 * linear(c.blueF());
    };
    const double a = luminance(text);
    const double b = luminance(ground);
    const double ratio = (std::max(a, b) + 0.05) / (std::min(a, b) + 0.05);
    QVERIFY2(ratio >= 4.5, qPrintable(u"%1 on %2: %3"_s.arg(text.name(), ground.name()).arg(ratio)));
}

QTEST_MAIN(TestAccessibility)
#include "tst_accessibility.moc"
