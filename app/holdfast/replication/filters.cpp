#include "app/holdfast/commands/command.h"

namespace cli {
namespace {

std::string filterPath(Invocation& run)
{
    return std::string{"sys/replication/performance/"} + (run.arguments().isOn("relay") ? "secondary/relay" : "primary") + "/paths-filter/" +
           run.argument(0);
}

int setFilter(Invocation& run)
{
    const auto& words = run.arguments().positionals();
    const std::vector<std::string> paths{words.begin() + 1, words.end()};
    const auto done =
        run.client().write(filterPath(run), Json::object({{"mode", run.arguments().text("mode", "allow")}, {"paths", Json::strings(paths)}}));
    if (!done) return run.fail("Error setting the paths filter", done.error());
    run.output().line("Success! The secondary " + run.argument(0) + " now receives what its filter lets through.");
    return kSuccess;
}

int showFilter(Invocation& run)
{
    const auto filter = run.client().read(filterPath(run));
    if (!filter) return run.fail("Error reading the paths filter", filter.error());
    if (!*filter) {
        run.output().error("There is no paths filter for " + run.argument(0) + ": it receives everything that is shared.");
        return kApiError;
    }
    if (run.arguments().has("field") || !run.output().isTable()) return run.show(**filter);
    std::vector<Row> rows{{"Mode", "Path"}};
    for (const auto& path : (*filter)->data()["paths"].array()) rows.push_back({(*filter)->data()["mode"].text(), path.text()});
    if (rows.size() == 1) rows.push_back({(*filter)->data()["mode"].text(), "(no path)"});
    run.output().table(rows);
    return kSuccess;
}

int deleteFilter(Invocation& run)
{
    if (const auto done = run.client().remove(filterPath(run)); !done) return run.fail("Error deleting the paths filter", done.error());
    run.output().line("Success! The secondary " + run.argument(0) + " receives everything that is shared.");
    return kSuccess;
}

constexpr Flag kRelayFlag{"relay", FlagKind::Switch, "Of a secondary of this performance secondary, which relays to it."};

} // namespace

std::vector<Command> replicationFilterCommands()
{
    return {
        {"replication filter set",
         "Say which mounts a secondary receives",
         "ID [PATH...]",
         R"(  Sets the paths filter of a performance secondary, on its primary. What it keeps back
  never leaves the primary, so set it before the secondary is activated; it may be
  changed later, and then removes mounts from the secondary or brings them.

  Only these two:

      $ holdfast replication filter set berlin secret/ auth/userpass/

  All but these:

      $ holdfast replication filter set -mode=deny berlin secret-us/ auth/us-staff/)",
         {{"mode", FlagKind::Text, "allow (the default): only these mounts; deny: all but these."}, kRelayFlag},
         1,
         kAnyNumber,
         setFilter},
        {"replication filter show",
         "Show which mounts a secondary receives",
         "ID",
         R"(  Shows the paths filter of a performance secondary, on its primary.

      $ holdfast replication filter show berlin)",
         {kRelayFlag},
         1,
         1,
         showFilter,
         true},
        {"replication filter delete",
         "Let a secondary receive everything",
         "ID",
         R"(  Deletes the paths filter of a performance secondary, on its primary. What was kept
  back is sent now.

      $ holdfast replication filter delete berlin)",
         {kRelayFlag},
         1,
         1,
         deleteFilter},
    };
}

} // namespace cli
