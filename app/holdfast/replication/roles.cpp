#include "app/holdfast/commands/command.h"

namespace cli {
namespace {

/// "performance" or "dr"; empty: something else was given.
std::string typeOf(Invocation& run)
{
    const auto type = run.arguments().text("type", "performance");
    return type == "performance" || type == "dr" ? type : std::string{};
}

int badType(Invocation& run)
{
    return run.failLocally("-type must be performance or dr");
}

/// `done` is what is told where the answer holds nothing.
int showData(Invocation& run, const core::Result<std::optional<Secret>>& answer, std::string_view what,
             const std::string& done = "Success! The cluster has done it.")
{
    if (!answer) return run.fail(what, answer.error());
    if (!*answer) {
        if (run.output().isTable()) run.output().line(done);
        return kSuccess;
    }
    run.output().warnings(**answer);
    if (run.arguments().has("field")) return run.show(**answer);
    if (run.output().isTable()) run.output().keyValues((**answer).data());
    else run.output().data((**answer).data());
    return kSuccess;
}

int switchoverCommand(Invocation& run)
{
    const auto type = typeOf(run);
    if (type.empty()) return badType(run);
    const auto& arguments = run.arguments();
    const std::string path = "sys/replication/" + type + "/primary/switchover";
    if (arguments.isOn("status")) return showData(run, run.client().read(path), "Error reading the switchover");
    if (arguments.isOn("abandon")) {
        std::vector<std::pair<std::string, std::string>> query;
        if (arguments.isOn("force")) query.emplace_back("force", "true");
        return showData(run, run.client().remove(path, std::move(query)), "Error taking the switchover back",
                        "Success! No switchover is under way any more; this cluster is the " + type + " primary.");
    }
    const auto id = run.argument(0);
    if (id.empty()) return run.failLocally("the id of the secondary that is to be the primary is missing");
    Json body = Json::object({{"secondary_id", id}});
    if (arguments.has("max-pause")) body.set("max_pause", arguments.text("max-pause"));
    const bool isTable = run.output().isTable();
    if (isTable) run.output().line("Handing the " + type + " primary role over to " + id + "; writes wait ...");
    const auto answer = run.client().write(path, body);
    if (!answer || !*answer || !isTable) return showData(run, answer, "Error handing the primary role over");
    const Json& data = (**answer).data();
    const Json& successor = data["successor"];
    run.output().line(id + " is the primary; writes waited for " + data["pause_ms"].text() + " ms.");
    run.output().line();
    run.output().keyValues(Json::object({{"Primary", successor["cluster_name"]},
                                         {"API address", successor["api_address"]},
                                         {"Epoch", successor["epoch"]},
                                         {"This cluster is now secondary", data["former_primary_id"]}}));
    run.output().line();
    run.output().line("The way back, at the new primary:  holdfast replication switchover -type=" + type + " " + data["former_primary_id"].text());
    return kSuccess;
}

int epochCommand(Invocation& run)
{
    const auto type = typeOf(run);
    if (type.empty()) return badType(run);
    const std::string path = "sys/replication/" + type + "/epoch";
    const auto target = run.arguments().text("show-to");
    if (run.argument(0) == "-") { // a statement that was kept, shown to the cluster that is addressed
        const auto given = readSecret(run.context().in);
        if (!target.empty()) run.client().setAddress(target);
        const auto answer = run.client().write(path, Json::object({{"statement", std::string{trimmed(given.view())}}}), "POST");
        return showData(run, answer, "Error showing the statement");
    }
    const auto own = run.client().read(path);
    if (!own || target.empty()) return showData(run, own, "Error reading the epoch");
    if (!*own || (**own).data()["statement"].isNull()) {
        return run.failLocally("the cluster gives no statement: the token may not read " + path);
    }
    run.client().setAddress(target);
    const auto answer =
        run.client().call({.method = "POST", .path = path, .body = Json::object({{"statement", (**own).data()["statement"]}}).toCompact()});
    return showData(run, answer, "Error showing the statement to " + target);
}

} // namespace

std::vector<Command> replicationRoleCommands()
{
    const Flag type{"type", FlagKind::Text, "performance (default) or dr."};
    return {
        {"replication switchover",
         "Hand the primary role over to a secondary, and follow it",
         "[ID]",
         R"(  Run against the primary. Writes wait for a moment; the secondary proves that it holds
  everything and becomes the primary; this cluster follows it, and so do all other
  secondaries, without new tokens. The same call at the new primary is the way back.

      $ holdfast replication switchover west
      $ holdfast replication switchover -type=dr standby

  Where the link broke at a bad moment, the primary writes nothing until it knows how
  it ended; that settles by itself. To look, and to take it back:

      $ holdfast replication switchover -status
      $ holdfast replication switchover -abandon)",
         {type,
          {"max-pause", FlagKind::Text, "How long writes may wait before it is called off (2s)."},
          {"status", FlagKind::Switch, "Show how far it is, or how the last one ended."},
          {"abandon", FlagKind::Switch, "Take a switchover back whose end is not known."},
          {"force", FlagKind::Switch, "With -abandon: also where the secondary cannot be asked; fences it."}},
         0,
         1,
         switchoverCommand},
        {"replication epoch",
         "Show who leads a replication set, and tell a cluster of it",
         "[-]",
         R"(  Every promotion signs a statement of who leads the set since when. A former primary that
  is shown a later one, and hears the same from the cluster that it names, stops writing.

  Without a token the cluster tells its epoch, and whether it was replaced. The statement takes
  a token that may read sys/replication/TYPE/epoch. Showing needs a token of the other cluster
  with sudo on that path (after a DR failover the tokens are the same; else take the second
  way, with its own token).

  What the addressed cluster knows, and telling another cluster of the set:

      $ holdfast replication epoch
      $ holdfast replication epoch -show-to=https://old-primary:8200

  A statement that was kept is read from standard input:

      $ holdfast replication epoch -field=statement > epoch.txt
      $ holdfast replication epoch -address=https://old-primary:8200 - < epoch.txt)",
         {type, {"show-to", FlagKind::Text, "Address of a cluster that is to be shown the statement."}},
         0,
         1,
         epochCommand,
         true},
    };
}

} // namespace cli
