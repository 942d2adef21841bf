#pragma once

#include "app/holdfast/commands/command.h"

namespace cli {

/// `-type` of the commands for replication. Other values are refused when the words are parsed.
inline constexpr Flag kTypeFlag{"type", FlagKind::ReplicationType, "performance (default) or dr."};

/// "performance" or "dr".
inline std::string typeOf(const Invocation& run)
{
    return run.arguments().text("type", "performance");
}

} // namespace cli
