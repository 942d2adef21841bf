// What the main window's commands open.
#include "widgets/shell/main_window.h"

#include "widgets/model/connection_store.h"
#include "widgets/wizard/enable_wizard.h"

namespace widgets {

void MainWindow::addConnection() {}

void MainWindow::run(Command command, const QString& clusterId)
{
    if (command == Command::AddSecondary) (new EnableWizard{m_fleet, m_log, clusterId, this})->open();
    if (command == Command::ForgetConnection) forget(clusterId);
}

void MainWindow::forget(const QString& id)
{
    m_store.remove(id);
    m_fleet.remove(id);
    select({});
}

} // namespace widgets
