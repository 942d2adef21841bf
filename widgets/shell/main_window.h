#pragma once

#include "widgets/model/action_log.h"
#include "widgets/model/fleet_model.h"
#include "widgets/model/problems.h"
#include "widgets/model/command.h"

#include <QHash>
#include <QMainWindow>

#include <functional>

class QAction;
class QMenu;
class QSplitter;

namespace widgets {

class Canvas;
class ConnectionRail;
class ConnectionStore;
class Drawer;
class Inspector;
class StatusLine;
class TopBar;

/// The main window: composes the views, keeps one selection for all of them, and opens what the commands ask for.
class MainWindow final : public QMainWindow {
    Q_OBJECT

public:
    MainWindow(FleetModel& fleet, ActionLog& log, ConnectionStore& store, QWidget* parent = nullptr);

    QString selectedId() const { return m_selectedId; }
    void select(const QString& id);
    /// Runs a command for a cluster; an empty id: for none.
    void run(Command command, const QString& clusterId);
    void addConnection();
    /// Shows background work in the status line, such as the start of the lab; empty: none.
    void showActivity(const QString& text);
    /// Adds an entry to the File menu; `name` is stable and in English.
    void addFileCommand(const QString& text, const QString& name, std::function<void()> run);

private:
    void buildMenus();
    void buildViews();
    void connectViews();
    void refresh();
    void updateCommands();
    void updateFinder();
    QAction* addAction(QMenu& menu, const QString& text, const QString& name, const QKeySequence& keys = {});
    /// The cluster that a command is for: the chosen one, or the secondary of the chosen link.
    QString subjectId() const;
    void forget(const QString& id);
    /// Opens "Update primary", with the new primary proposed.
    void follow(const QString& clusterId, const QString& primaryId);

    FleetModel& m_fleet;
    ActionLog& m_log;
    ConnectionStore& m_store;
    QString m_selectedId;
    QList<Problem> m_problems;

    QHash<Command, QAction*> m_commands;
    QMenu* m_file;
    QAction* m_addConnection;
    QAction* m_animate;
    TopBar* m_topBar;
    ConnectionRail* m_rail;
    Canvas* m_canvas;
    Inspector* m_inspector;
    Drawer* m_drawer;
    StatusLine* m_statusLine;
    QSplitter* m_columns;
    QSplitter* m_middle;
};

} // namespace widgets
