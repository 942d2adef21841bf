#include "widgets/shell/main_window.h"

#include "widgets/model/connection_store.h"

namespace widgets {

void MainWindow::addConnection() {}

void MainWindow::run(Command command, const QString& clusterId)
{
    if (command == Command::ForgetConnection) forget(clusterId);
}

void MainWindow::forget(const QString& id)
{
    m_store.remove(id);
    m_fleet.remove(id);
    select({});
}

} // namespace widgets
