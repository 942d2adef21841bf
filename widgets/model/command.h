#pragma once

#include "widgets/fleet/fleet_state.h"

#include <QCoreApplication>
#include <QList>

namespace widgets {

/// What can be done with a cluster. Each is a menu entry and, where it fits, a button of the inspector.
enum class Command { AddSecondary, Promote, Demote, UpdatePrimary, Disable, Revoke, Snapshots, EditConnection, ForgetConnection };

class Commands {
    Q_DECLARE_TR_FUNCTIONS(Commands)

public:
    static QList<Command> all();
    static QString title(Command command);
    /// Unique and in English, for menus, buttons and their accessible names.
    static QString name(Command command);
    /// Whether it makes sense for a cluster in its present role.
    static bool isOffered(Command command, const FleetNode& node);
    static bool isDangerous(Command command);
};

} // namespace widgets
