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
    run.output().success("The secondary " + run.argument(0) + " now receives only what its filter lets through.");
    return kSuccess;
}

int showFilter(Invocation& run)
{
    const auto filter = run.client().read(filterPath(run));
    if (!filter) return run.fail("Error reading the paths filter", filter.error());
    if (!*filter) {
        run.output().error("The secondary " + run.argument(0) + " has no paths filter. It receives all shared data.");
        if (!run.output().isTable()) run.output().data(Json::object());
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
    run.output().success("The secondary " + run.argument(0) + " now receives all shared data.");
    return kSuccess;
}

constexpr Flag kRelayFlag{"relay", FlagKind::Switch, "This cluster is a relay, and the filter is for one of its secondaries."};

} // namespace

std::vector<Command> replicationFilterCommands()
{
    return {
        {"replication filter set",
         "Set which mounts a secondary receives",
         "ID [PATH...]",
         R"(  Run it on the primary. Sets the paths filter of a performance secondary. A mount that
  the filter holds back never leaves the primary, so set the filter before you activate
  the secondary. If you change it later, mounts disappear from the secondary or come
  back.

  Only these two mounts:

      $ holdfast replication filter set berlin secret/ auth/userpass/

  Every mount except these:

      $ holdfast replication filter set -mode=deny berlin secret-us/ auth/us-staff/)",
         {{"mode", FlagKind::Text, "allow (default): only these mounts. deny: every mount except these."}, kRelayFlag},
         1,
         kAnyNumber,
         setFilter},
        {"replication filter show",
         "Show which mounts a secondary receives",
         "ID",
         R"(  Run it on the primary. Shows the paths filter of a performance secondary.

      $ holdfast replication filter show berlin)",
         {kRelayFlag},
         1,
         1,
         showFilter,
         true},
        {"replication filter delete",
         "Let a secondary receive everything",
         "ID",
         R"(  Run it on the primary. Deletes the paths filter of a performance secondary. The
  secondary then receives all shared data.

      $ holdfast replication filter delete berlin)",
         {kRelayFlag},
         1,
         1,
         deleteFilter},
    };
}

} // namespace cli
