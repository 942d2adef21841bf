#include "widgets/shell/main_window.h"

#include "widgets/look/theme.h"
#include "widgets/model/connection_store.h"
#include "widgets/shell/canvas.h"
#include "widgets/shell/connection_rail.h"
#include "widgets/shell/drawer.h"
#include "widgets/shell/inspector.h"
#include "widgets/shell/status_line.h"
#include "widgets/shell/top_bar.h"
#include "widgets/topology/topology_view.h"

#include <QAction>
#include <QActionGroup>
#include <QFrame>
#include <QMenu>
#include <QMenuBar>
#include <QSettings>
#include <QSplitter>
#include <QVBoxLayout>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace widgets {

MainWindow::MainWindow(FleetModel& fleet, ActionLog& log, ConnectionStore& store, QWidget* parent)
    : QMainWindow{parent}
    , m_fleet{fleet}
    , m_log{log}
    , m_store{store}
{
    setObjectName(u"mainWindow"_s);
    setWindowTitle(u"Holdfast"_s);
    setWindowIcon(QIcon{u":/icons/holdfast.svg"_s});
    resize(1440, 900);
    buildMenus();
    buildViews();
    connectViews();
    refresh();
    m_canvas->view().setFocus();
}

QAction* MainWindow::addAction(QMenu& menu, const QString& text, const QString& name, const QKeySequence& keys)
{
    auto* action = menu.addAction(text);
    action->setObjectName(name);
    if (!keys.isEmpty()) action->setShortcut(keys);
    return action;
}

void MainWindow::buildMenus()
{
    m_file = menuBar()->addMenu(tr("&File"));
    m_addConnection = addAction(*m_file, tr("&Add connection…"), u"Add connection"_s, QKeySequence{u"Ctrl+N"_s});
    connect(m_addConnection, &QAction::triggered, this, &MainWindow::addConnection);
    m_file->addSeparator();
    auto* quit = addAction(*m_file, tr("&Quit"), u"Quit"_s, QKeySequence{u"Ctrl+Q"_s});
    connect(quit, &QAction::triggered, this, &QWidget::close);

    auto* cluster = menuBar()->addMenu(tr("&Cluster"));
    for (const auto command : Commands::all()) {
        auto* action = addAction(*cluster, Commands::title(command), Commands::name(command));
        connect(action, &QAction::triggered, this, [this, command] { run(command, subjectId()); });
        m_commands.insert(command, action);
        if (command == Command::Snapshots || command == Command::Revoke) cluster->addSeparator();
    }

    auto* view = menuBar()->addMenu(tr("&View"));
    auto* find = addAction(*view, tr("&Find…"), u"Find"_s, QKeySequence{u"Ctrl+K"_s});
    connect(find, &QAction::triggered, this, [this] { m_topBar->focusFinder(); });
    auto* refreshNow = addAction(*view, tr("&Refresh"), u"Refresh"_s, QKeySequence{u"F5"_s});
    connect(refreshNow, &QAction::triggered, &m_fleet, &FleetModel::poll);
    auto* fit = addAction(*view, tr("&Show everything"), u"Zoom to fit"_s, QKeySequence{u"Ctrl+0"_s});
    connect(fit, &QAction::triggered, this, [this] { m_canvas->view().fit(); });
    m_animate = addAction(*view, tr("&Moving dots"), u"Moving dots"_s);
    m_animate->setCheckable(true);
    m_animate->setChecked(m_store.settings().value(u"animated"_s, true).toBool());
    view->addSeparator();
    auto* themes = new QActionGroup{this};
    const QList<std::tuple<ThemeChoice, QString, QString>> choices{{ThemeChoice::System, tr("Theme of the &desktop"), u"Theme of the desktop"_s},
                                                                   {ThemeChoice::Light, tr("&Light theme"), u"Light theme"_s},
                                                                   {ThemeChoice::Dark, tr("Dar&k theme"), u"Dark theme"_s}};
    for (const auto& [choice, text, name] : choices) {
        auto* action = addAction(*view, text, name);
        action->setCheckable(true);
        action->setChecked(Theme::instance().choice() == choice);
        themes->addAction(action);
        connect(action, &QAction::triggered, this, [this, chosen = choice] {
            m_store.settings().setValue(u"theme"_s, static_cast<int>(chosen));
            Theme::instance().apply(chosen);
        });
    }
    view->addSeparator();
}

void MainWindow::buildViews()
{
    auto* page = new QWidget{this};
    m_topBar = new TopBar{page};
    m_rail = new ConnectionRail{page};
    m_canvas = new Canvas{page};
    m_drawer = new Drawer{m_log, page};
    m_inspector = new Inspector{page};
    m_statusLine = new StatusLine{page};

    m_middle = new QSplitter{Qt::Vertical, page};
    m_middle->addWidget(m_canvas);
    m_middle->addWidget(m_drawer);
    m_middle->setStretchFactor(0, 1);
    m_middle->setSizes({620, 190});
    m_columns = new QSplitter{Qt::Horizontal, page};
    m_columns->addWidget(m_rail);
    m_columns->addWidget(m_middle);
    m_columns->addWidget(m_inspector);
    m_columns->setStretchFactor(1, 1);
    m_columns->setSizes({236, 836, 368});
    for (auto* splitter : {m_middle, m_columns}) splitter->setHandleWidth(1);
    m_rail->setMinimumWidth(180);
    m_inspector->setMinimumWidth(300);
    m_drawer->setMinimumHeight(110);

    auto* layout = new QVBoxLayout{page};
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    const auto addRule = [&] {
        auto* rule = new QFrame{page};
        rule->setProperty("kind", u"rule"_s);
        layout->addWidget(rule);
    };
    layout->addWidget(m_topBar);
    addRule();
    layout->addWidget(m_columns, 1);
    addRule();
    layout->addWidget(m_statusLine);
    setCentralWidget(page);

    m_topBar->addButton(*m_commands[Command::Snapshots], u"Snapshots"_s);
    m_topBar->addButton(*m_commands[Command::Promote], u"Promote"_s);
    m_topBar->addButton(*m_commands[Command::AddSecondary], u"Add secondary"_s, u"accent"_s);

    auto* view = menuBar()->actions().last()->menu();
    const QList<std::tuple<QWidget*, QString, QString>> panels{{m_rail, tr("&Connections"), u"Connections panel"_s},
                                                               {m_inspector, tr("&Inspector"), u"Inspector panel"_s},
                                                               {m_drawer, tr("&Actions and problems"), u"Drawer panel"_s}};
    int number = 1;
    for (const auto& [panel, text, name] : panels) {
        auto* action = addAction(*view, text, name, QKeySequence{u"Ctrl+%1"_s.arg(number++)});
        action->setCheckable(true);
        action->setChecked(true);
        connect(action, &QAction::toggled, panel, &QWidget::setVisible);
    }
}

void MainWindow::connectViews()
{
    auto& topology = m_canvas->view();
    topology.setAnimated(m_animate->isChecked());
    connect(m_animate, &QAction::toggled, this, [this](bool isAnimated) {
        m_store.settings().setValue(u"animated"_s, isAnimated);
        m_canvas->view().setAnimated(isAnimated);
    });
    connect(&topology, &TopologyView::selected, this, &MainWindow::select);
    connect(&topology, &TopologyView::opened, this, [this](const QString& id) {
        m_inspector->show();
        select(id);
    });
    connect(m_rail, &ConnectionRail::selected, this, &MainWindow::select);
    connect(m_rail, &ConnectionRail::opened, this, [this](const QString& id) {
        m_inspector->show();
        select(id);
    });
    connect(m_rail, &ConnectionRail::addRequested, this, &MainWindow::addConnection);
    connect(m_drawer, &Drawer::problemChosen, this, &MainWindow::select);
    connect(m_topBar, &TopBar::problemsRequested, this, [this] {
        m_drawer->show();
        m_drawer->openProblems();
    });
    connect(m_inspector, &Inspector::requested, this, &MainWindow::run);
    connect(&m_fleet, &FleetModel::changed, this, &MainWindow::refresh);
    connect(&Theme::instance(), &Theme::changed, this, &MainWindow::refresh);

    const auto showKeychain = [this] {
        switch (m_store.keychain()) {
        case ConnectionStore::Keychain::Probing: return m_statusLine->showKeychain({});
        case ConnectionStore::Keychain::Available: return m_statusLine->showKeychain(tr("Tokens are kept in the keychain"));
        case ConnectionStore::Keychain::Missing: return m_statusLine->showKeychain(tr("No keychain: tokens last for this session only"));
        }
    };
    connect(&m_store, &ConnectionStore::keychainChanged, this, showKeychain);
    showKeychain();
}

void MainWindow::showActivity(const QString& text)
{
    m_statusLine->showActivity(text);
}

void MainWindow::addFileCommand(const QString& text, const QString& name, std::function<void()> run)
{
    auto* action = new QAction{text, this};
    action->setObjectName(name);
    m_file->insertAction(m_file->actions().at(1), action);
    connect(action, &QAction::triggered, this, std::move(run));
    updateFinder();
}

QString MainWindow::subjectId() const
{
    const auto* link = m_fleet.state().link(m_selectedId);
    return link ? link->toId : m_selectedId;
}

void MainWindow::select(const QString& id)
{
    if (id == m_selectedId) return;
    m_selectedId = id;
    m_canvas->view().select(id);
    m_rail->select(subjectId());
    m_inspector->present(m_fleet.state(), m_problems, id);
    updateCommands();
}

void MainWindow::refresh()
{
    const auto& fleet = m_fleet.state();
    m_log.look(fleet);
    m_problems = Problems::find(fleet);
    m_rail->present(fleet);
    m_canvas->view().present(fleet);
    m_inspector->present(fleet, m_problems, m_selectedId);
    m_drawer->showProblems(m_problems);
    m_statusLine->present(fleet, static_cast<int>(m_problems.size()));
    m_topBar->showProblemCount(static_cast<int>(m_problems.size()), m_problems.isEmpty() ? HealthState::InSync : m_problems.first().state);
    updateCommands();
    updateFinder();
}

void MainWindow::updateCommands()
{
    const auto* node = m_fleet.state().node(subjectId());
    const auto& nodes = m_fleet.state().nodes;
    for (auto it = m_commands.cbegin(); it != m_commands.cend(); ++it) {
        // The three wizards ask for the cluster. All other commands use the chosen cluster.
        const auto isOffered = [command = it.key()](const FleetNode& any) { return Commands::isOffered(command, any); };
        const bool asks = it.key() == Command::AddSecondary || it.key() == Command::Promote || it.key() == Command::Snapshots;
        it.value()->setEnabled(asks ? std::any_of(nodes.begin(), nodes.end(), isOffered) : node && isOffered(*node));
    }
}

void MainWindow::updateFinder()
{
    QList<QPair<QString, std::function<void()>>> entries;
    for (const auto& node : m_fleet.state().nodes) entries << qMakePair(node.name(), [this, id = node.id()] { select(id); });
    const auto menus = menuBar()->actions();
    for (const auto* menu : menus) {
        const auto actions = menu->menu()->actions();
        for (auto* action : actions) {
            if (action->isSeparator() || !action->isEnabled()) continue;
            QString text = action->text();
            text.remove(u'&');
            entries << qMakePair(text, [action] { action->trigger(); });
        }
    }
    m_topBar->setFindable(entries);
}

} // namespace widgets
