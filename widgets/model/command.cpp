#include "widgets/model/command.h"

using namespace Qt::StringLiterals;

namespace widgets {

QList<Command> Commands::all()
{
    return {Command::AddSecondary, Command::Promote, Command::UpdatePrimary,  Command::Snapshots,       Command::Demote,
            Command::Disable,      Command::Revoke,  Command::EditConnection, Command::ForgetConnection};
}

QString Commands::title(Command command)
{
    switch (command) {
    case Command::AddSecondary: return tr("Add secondary…");
    case Command::Promote: return tr("Promote…");
    case Command::Demote: return tr("Demote…");
    case Command::UpdatePrimary: return tr("Update primary…");
    case Command::Disable: return tr("Disable replication…");
    case Command::Revoke: return tr("Revoke…");
    case Command::Snapshots: return tr("Snapshots…");
    case Command::EditConnection: return tr("Edit connection…");
    case Command::ForgetConnection: return tr("Forget connection…");
    }
    return {};
}

QString Commands::name(Command command)
{
    switch (command) {
    case Command::AddSecondary: return u"Add secondary"_s;
    case Command::Promote: return u"Promote"_s;
    case Command::Demote: return u"Demote"_s;
    case Command::UpdatePrimary: return u"Update primary"_s;
    case Command::Disable: return u"Disable replication"_s;
    case Command::Revoke: return u"Revoke secondary"_s;
    case Command::Snapshots: return u"Snapshots"_s;
    case Command::EditConnection: return u"Edit connection"_s;
    case Command::ForgetConnection: return u"Forget connection"_s;
    }
    return {};
}

bool Commands::isOffered(Command command, const FleetNode& node)
{
    const bool isSecondary = node.role == ClusterRole::PerformanceSecondary || node.role == ClusterRole::DrSecondary;
    const bool isReplicating = isSecondary || node.role == ClusterRole::Primary;
    const bool isVault = node.status.contact != ClusterStatus::Contact::NotVault && node.role != ClusterRole::Unknown;
    switch (command) {
    case Command::AddSecondary: return isVault && node.role != ClusterRole::DrSecondary;
    // A revoked cluster cannot be promoted here: that would make a second primary beside the one that answers.
    case Command::Promote:
    case Command::Revoke: return isVault && isSecondary && !node.isRevoked;
    case Command::UpdatePrimary: return isVault && isSecondary;
    case Command::Demote: return isVault && node.role == ClusterRole::Primary;
    case Command::Disable: return isVault && isReplicating;
    case Command::Snapshots: return isVault && node.role != ClusterRole::DrSecondary;
    case Command::EditConnection:
    case Command::ForgetConnection: return !node.connection.isEmbedded;
    }
    return false;
}

bool Commands::isDangerous(Command command)
{
    return command == Command::Demote || command == Command::Disable || command == Command::Revoke || command == Command::ForgetConnection;
}

} // namespace widgets
