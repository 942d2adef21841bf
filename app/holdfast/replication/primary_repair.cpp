#include "app/holdfast/commands/command.h"
#include "app/holdfast/operator/key_share.h"
#include "app/holdfast/replication/type_flag.h"

namespace cli {
namespace {

int show(Invocation& run, const Json& data)
{
    std::vector<Row> more;
    if (!data["refused_cluster_name"].isEmpty()) more.push_back({"Refused", data["refused_cluster_name"].text()});
    if (!data["epoch"].isEmpty()) more.push_back({"Epoch of this primary", data["epoch"].toGoText()});
    return showAttempt(run, data, more);
}

/// Collects key shares for one decision of a primary.
int decideByShares(Invocation& run, const std::string& command, const std::string& endpoint)
{
    const auto type = typeOf(run);
    return runShareAttempt(run, {.path = "sys/replication/" + type + "/primary/" + endpoint,
                                 .startCommand = "holdfast replication " + command + " -type=" + type + " -init",
                                 .show = show});
}

int refuseCommand(Invocation& run)
{
    return decideByShares(run, "refuse-successor", "refuse-successor");
}

int resumeCommand(Invocation& run)
{
    return decideByShares(run, "resume-primary", "resume");
}

int recoverCommand(Invocation& run)
{
    const auto type = typeOf(run);
    const auto epoch = run.arguments().number("epoch", 0);
    if (!epoch) return run.failLocally(epoch.error().detail);
    Json body = Json::object({{"recover", true}});
    if (const auto setId = run.arguments().text("set-id"); !setId.empty()) body.set("set_id", setId);
    if (const auto address = run.arguments().text("primary-cluster-addr"); !address.empty()) body.set("primary_cluster_addr", address);
    if (*epoch != 0) body.set("epoch", *epoch);
    const auto done = run.client().write("sys/replication/" + type + "/primary/enable", body);
    if (!done) return run.fail("Error recovering the primary", done.error());
    if (!*done)
        return run.failLocally("The server's answer is empty. Look with \"holdfast read sys/replication/status\" whether the call had an effect.");
    const Json& data = (**done).data();
    if (!run.output().isTable()) {
        run.output().data(data);
        return kSuccess;
    }
    run.output().line("Success! This cluster is the primary of the " + type + " replication set " + data["cluster_id"].text() + ", at epoch " +
                      data["epoch"].toGoText() + ". To bring its members back:");
    for (const auto& step : data["steps"].array()) run.output().line("  - " + step.text());
    return kSuccess;
}

std::vector<Flag> withShareFlags(const Flag& first)
{
    auto flags = shareFlags();
    flags.insert(flags.begin(), first);
    return flags;
}

} // namespace

std::vector<Command> primaryRepairCommands()
{
    return {
        {"replication recover-primary",
         "Become the primary again after a restore",
         "",
         R"(  Use it when the primary is lost and no other cluster can take its place. Restore a
  snapshot of the lost primary on a new cluster first, and run the command there. The
  cluster becomes the primary of the same set. Then give each member a token that is
  made here; the member keeps its data. Needs a root token; generate-root makes one from
  key shares.

      $ holdfast replication recover-primary
      $ holdfast replication recover-primary -type=dr -set-id=3f0c2a51-7f3c-11ee
      $ holdfast write sys/replication/performance/primary/secondary-token id=north)",
         {kTypeFlag,
          {"set-id", FlagKind::Text, "The set's id, if none is stored here. Its members show it as cluster_id."},
          {"epoch", FlagKind::Number, "Begin with this epoch. It must be later than any that a member knows."},
          {"primary-cluster-addr", FlagKind::Text, "Cluster address for the members, instead of this cluster's own."}},
         0,
         0,
         recoverCommand,
         true},
        {"replication refuse-successor", "Continue as the primary after a false successor stopped this cluster", "[KEY]",
         R"(  Run it on a primary that was fenced by mistake or by an attack: it refuses writes, and
  its status shows replaced_by. After a threshold of key shares it continues as the
  primary, with a later epoch than the false successor, and keeps its secondaries. The refused
  cluster can no longer succeed it. Secondaries that followed the refused cluster need
  update-primary with a token that is made here.

      $ holdfast replication refuse-successor -init
      $ holdfast replication refuse-successor -nonce=b4738404-0a11-63aa -
      $ holdfast replication refuse-successor -status
      $ holdfast replication refuse-successor -cancel)",
         withShareFlags(kTypeFlag), 0, 1, refuseCommand, true},
        {"replication resume-primary", "Continue as the primary although this storage is older than what members hold", "[KEY]",
         R"(  Run against a primary whose storage was put back to an earlier time: its writes are refused,
  and its status shows older_storage. After a threshold of key shares it continues with this
  storage, at a later epoch. Members adopt its data, so what only they have is lost. To keep what
  they have, demote this cluster instead, and promote the member that holds most.

      $ holdfast replication resume-primary -init
      $ holdfast replication resume-primary -nonce=b4738404-0a11-63aa -
      $ holdfast replication resume-primary -status
      $ holdfast replication resume-primary -cancel)",
         withShareFlags({kTypeFlag.name, kTypeFlag.kind,
                         "Type that this call names: performance (default) or dr. If the cluster is the primary of both types, both resume."}),
         0, 1, resumeCommand, true},
    };
}

} // namespace cli
