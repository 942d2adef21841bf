#pragma once

#include "widgets/fleet/fleet_state.h"

#include <QCoreApplication>
#include <QList>

namespace widgets {

/// The commands for a cluster. Each is a menu entry, and a button of the inspector if it suits the cluster's role.
enum class Command { AddSecondary, Promote, Demote, UpdatePrimary, Disable, Revoke, Snapshots, EditConnection, ForgetConnection };

class Commands {
    Q_DECLARE_TR_FUNCTIONS(Commands)

public:
    static QList<Command> all();
    static QString title(Command command);
    /// Unique and in English, for menus, buttons and their accessible names.
    static QString name(Command command);
    /// Whether the command suits the cluster's present role.
    static bool isOffered(Command command, const FleetNode& node);
    static bool isDangerous(Command command);
};

} // namespace widgets
