#include "app/holdfast/commands/command.h"
#include "app/holdfast/replication/type_flag.h"

namespace cli {
namespace {

/// `done` is printed if the answer to a change has no data. Empty: there was nothing to read.
int showData(Invocation& run, const core::Result<std::optional<Secret>>& answer, std::string_view what, const std::string& done = {})
{
    if (!answer) return run.fail(what, answer.error());
    if (!*answer) {
        if (!done.empty()) {
            run.output().success(done);
            return kSuccess;
        }
        run.output().error(std::string{what} + ": the cluster has nothing to show");
        if (!run.output().isTable()) run.output().data(Json::object());
        return kApiError;
    }
    run.output().warnings(**answer);
    if (run.arguments().has("field")) return run.show(**answer);
    if (run.output().isTable()) run.output().facts((**answer).data());
    else run.output().data((**answer).data());
    return kSuccess;
}

int switchoverCommand(Invocation& run)
{
    const auto type = typeOf(run);
    const auto& arguments = run.arguments();
    const std::string path = "sys/replication/" + type + "/primary/switchover";
    if (arguments.isOn("status")) return showData(run, run.client().read(path), "Error reading the switchover");
    if (arguments.isOn("abandon")) {
        std::vector<std::pair<std::string, std::string>> query;
        if (arguments.isOn("force")) query.emplace_back("force", "true");
        return showData(run, run.client().remove(path, std::move(query)), "Error cancelling the switchover",
                        "The switchover is cancelled. This cluster is the " + type + " primary.");
    }
    const auto id = run.argument(0);
    if (id.empty()) return run.failLocally("missing the id of the secondary that must become the primary");
    Json body = Json::object({{"secondary_id", id}});
    if (arguments.has("max-pause")) body.set("max_pause", arguments.text("max-pause"));
    const bool isTable = run.output().isTable();
    if (isTable) run.output().line("Handing the " + type + " primary role over to " + id + "; writes wait ...");
    const auto answer = run.client().write(path, body);
    if (!answer || !*answer || !isTable) return showData(run, answer, "Error handing the primary role over", id + " is the primary.");
    const Json& data = (**answer).data();
    const Json& successor = data["successor"];
    run.output().line(id + " is the primary; writes waited for " + data["pause_ms"].text() + " ms.");
    run.output().line();
    run.output().keyValues(Json::object({{"Primary", successor["cluster_name"]},
                                         {"API address", successor["api_address"]},
                                         {"Epoch", successor["epoch"]},
                                         {"This cluster is now secondary", data["former_primary_id"]}}));
    run.output().line();
    run.output().line("To go back, on the new primary:  holdfast replication switchover -type=" + type + " " + data["former_primary_id"].text());
    return kSuccess;
}

int epochCommand(Invocation& run)
{
    const auto type = typeOf(run);
    const std::string path = "sys/replication/" + type + "/epoch";
    const auto target = run.arguments().text("show-to");
    if (run.argument(0) == "-") { // shows a saved statement to the addressed cluster
        const auto given = readSecret(run.context().in);
        if (!target.empty()) run.client().setAddress(target);
        const auto answer = run.client().write(path, Json::object({{"statement", std::string{trimmed(given.view())}}}), "POST");
        return showData(run, answer, "Error showing the statement", "The statement was shown.");
    }
    const auto own = run.client().read(path);
    if (!own || target.empty()) return showData(run, own, "Error reading the epoch");
    if (!*own || (**own).data()["statement"].isNull()) {
        return run.failLocally("the cluster gave no statement: the token has no read on " + path);
    }
    run.client().setAddress(target);
    const auto answer =
        run.client().call({.method = "POST", .path = path, .body = Json::object({{"statement", (**own).data()["statement"]}}).toCompact()});
    return showData(run, answer, "Error showing the statement to " + target, "The statement was shown.");
}

} // namespace

std::vector<Command> replicationRoleCommands()
{
    return {
        {"replication switchover",
         "Hand the primary role over to a secondary",
         "[ID]",
         R"(  Run it on the primary. Writes wait for a moment, the secondary proves that it holds
  everything, and it becomes the primary. This cluster and all other secondaries follow
  it without new tokens. To go back, run the same command on the new primary.

      $ holdfast replication switchover west
      $ holdfast replication switchover -type=dr standby

  If the link breaks at a bad moment, the primary refuses writes until it knows whether
  the secondary has become primary. It asks the secondary again each second. To look at
  the state, or to cancel:

      $ holdfast replication switchover -status
      $ holdfast replication switchover -abandon)",
         {kTypeFlag,
          {"max-pause", FlagKind::Text, "How long writes can wait before the switchover is called off (2s)."},
          {"status", FlagKind::Switch, "Show the progress, or the result of the last switchover."},
          {"abandon", FlagKind::Switch, "Cancel a switchover whose result is not known."},
          {"force", FlagKind::Switch, "With -abandon: cancel even if the secondary does not answer, and fence it."}},
         0,
         1,
         switchoverCommand},
        {"replication epoch",
         "Show who leads a replication set, and show it to a cluster",
         "[-]",
         R"(  Each promotion signs a statement that says who leads the set, and since when. You can
  show the statement to a former primary. It asks the cluster that the statement names.
  If that cluster confirms it, the former primary stops writing.

  - Without a token the cluster reports only its epoch and whether it was replaced.
  - The statement needs a token with read on sys/replication/TYPE/epoch.
  - Showing it needs a token of the other cluster with sudo on that path. After a DR
    failover the tokens are the same. Otherwise use the second way, with its own token.

  Show what this cluster knows, and show it to another cluster of the set:

      $ holdfast replication epoch
      $ holdfast replication epoch -show-to=https://old-primary:8200

  Or save the statement, and show it from standard input:

      $ holdfast replication epoch -field=statement > epoch.txt
      $ holdfast replication epoch -address=https://old-primary:8200 - < epoch.txt)",
         {kTypeFlag, {"show-to", FlagKind::Text, "Address of a cluster to show the statement to."}},
         0,
         1,
         epochCommand,
         true},
    };
}

} // namespace cli
