#pragma once

#include "app/holdfast/commands/command.h"

namespace cli {

inline constexpr Flag kMountFlag{"mount", FlagKind::Text, "Path of the kv engine; the argument is then the key below it."};

/// The mount and path of a `kv` command's key.
struct KvKey {
    std::string mount; // without slash at its end; empty if the server does not report it
    std::string key;   // below the mount
    std::string full;  // mount and key as the user wrote them
    bool isVersioned = false;

    /// The path in the API: `secret/data/a` of a versioned engine, `secret/a` of a plain one.
    std::string path(std::string_view part) const;
};

/// Asks the server to which engine argument `index` belongs. Errors: as Client::send().
core::Result<KvKey> findKvKey(Invocation& run, std::size_t index = 0);

/// Title between rules, as wide as the Key/Value table of `object` below it.
std::string tableHeader(std::string_view title, const Json& object);
void printPath(Output& output, std::string_view title, const std::string& path);

/// -versions=1,2 -versions=3 as a list of texts.
std::vector<std::string> versionsOf(const Arguments& arguments);

} // namespace cli
