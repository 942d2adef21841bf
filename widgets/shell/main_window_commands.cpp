// Opens the dialogs and wizards of the main window's commands.
#include "widgets/shell/main_window.h"

#include "widgets/dialogs/connection_dialog.h"
#include "widgets/model/connection_store.h"
#include "widgets/wizard/replication/enable_wizard.h"
#include "widgets/wizard/replication/follow_wizard.h"
#include "widgets/wizard/replication/promote_wizard.h"
#include "widgets/wizard/replication/role_wizard.h"
#include "widgets/wizard/snapshot/snapshot_wizard.h"

#include <QMessageBox>
#include <QPushButton>

using namespace Qt::StringLiterals;

namespace widgets {

void MainWindow::addConnection()
{
    (new ConnectionDialog{m_fleet, m_store, {}, this})->open();
}

void MainWindow::run(Command command, const QString& clusterId)
{
    switch (command) {
    case Command::AddSecondary: return (new EnableWizard{m_fleet, m_log, clusterId, this})->open();
    case Command::Promote: {
        auto* wizard = new PromoteWizard{m_fleet, m_log, clusterId, this};
        connect(wizard, &PromoteWizard::followRequested, this, &MainWindow::follow);
        return wizard->open();
    }
    case Command::UpdatePrimary: return follow(clusterId, {});
    case Command::Snapshots: return (new SnapshotWizard{m_fleet, m_log, clusterId, this})->open();
    case Command::Demote:
    case Command::Disable:
    case Command::Revoke: return (new RoleWizard{m_fleet, m_log, command, clusterId, this})->open();
    case Command::EditConnection: return (new ConnectionDialog{m_fleet, m_store, clusterId, this})->open();
    case Command::ForgetConnection: return forget(clusterId);
    }
}

void MainWindow::follow(const QString& clusterId, const QString& primaryId)
{
    FollowModel::Choices choices;
    choices.clusterId = clusterId;
    choices.primaryId = primaryId;
    if (const auto* node = m_fleet.state().node(primaryId.isEmpty() ? clusterId : primaryId)) {
        const auto& status = node->status;
        const bool isDr = primaryId.isEmpty() ? node->role == ClusterRole::DrSecondary : status.dr.isPrimary() && !status.performance.isPrimary();
        choices.type = isDr ? ReplicationType::Dr : ReplicationType::Performance;
    }
    // After a failover the old primary's own role shows its replication type.
    if (const auto* old = m_fleet.state().node(clusterId);
        old && !primaryId.isEmpty() && (old->status.dr.isPrimary() || old->status.dr.isSecondary())) {
        choices.type = ReplicationType::Dr;
    }
    (new FollowWizard{m_fleet, m_log, choices, this})->open();
}

void MainWindow::forget(const QString& id)
{
    const auto* node = m_fleet.state().node(id);
    if (!node) return;
    auto* question = new QMessageBox{QMessageBox::Question, tr("Forget connection"),
                                     tr("Forget the connection to %1, and its token? The cluster itself does not change.").arg(node->name()),
                                     QMessageBox::NoButton, this};
    question->setAttribute(Qt::WA_DeleteOnClose);
    question->setObjectName(u"forgetQuestion"_s);
    auto* yes = question->addButton(tr("Forget"), QMessageBox::DestructiveRole);
    yes->setObjectName(u"forgetYes"_s);
    yes->setAccessibleName(u"Forget"_s);
    auto* no = question->addButton(QMessageBox::Cancel);
    no->setAccessibleName(u"Cancel"_s);
    question->setDefaultButton(no);
    connect(yes, &QPushButton::clicked, this, [this, id] {
        m_store.remove(id);
        m_fleet.remove(id);
        select({});
    });
    question->open();
}

} // namespace widgets
