#include "app/holdfast/commands/command.h"

namespace cli {
namespace {

constexpr std::string_view kPath = "sys/replication/safety-snapshot";

/// With the DR operation token if one was given, because a DR secondary has no other tokens.
core::Result<std::optional<Secret>> ask(Invocation& run, const std::string& path, Json body = Json::object())
{
    const auto token = run.arguments().text("dr-token");
    if (!token.empty()) body.set("dr_operation_token", token);
    if (token.empty() && body.members().empty()) return run.client().read(path);
    return run.client().write(path, body);
}

Flag drTokenFlag()
{
    return {"dr-token", FlagKind::Text, "DR operation token, on a DR secondary."};
}

std::string shown(const Json& value)
{
    return value.isNull() || value.text().empty() ? "-" : value.text();
}

int inventoryCommand(Invocation& run)
{
    const auto secret = ask(run, "sys/replication/inventory");
    if (!secret) return run.fail("Error taking stock of the cluster", secret.error());
    if (!*secret) return run.fail("Error taking stock of the cluster", {core::ErrorCode::NotFound, "no answer"});
    if (!run.output().isTable()) return run.show(**secret);
    const auto& data = (*secret)->data();
    std::vector<Row> rows{{"Path", "Type", "Keys", "Secrets", "Versions", "Bytes", "Newest write"}};
    for (const auto& mount : data["mounts"].array()) {
        rows.push_back({mount["path"].text(), mount["type"].text(), mount["key_count"].text(), shown(mount["secret_count"]),
                        shown(mount["version_count"]), mount["bytes"].text(), shown(mount["newest_write"])});
    }
    if (rows.size() > 1) {
        run.output().table(rows);
        run.output().line();
    }
    std::vector<Row> secondaries{{"Secondary", "Type", "Since"}};
    for (const auto& each : data["secondaries"].array()) {
        secondaries.push_back({each["id"].text(), each["type"].text(), each["created_at"].text()});
    }
    if (secondaries.size() > 1) {
        run.output().table(secondaries);
        run.output().line();
    }
    Json rest = data;
    rest.erase("mounts");
    rest.erase("secondaries");
    run.output().facts(rest);
    return kSuccess;
}

int listSafetySnapshots(Invocation& run)
{
    const auto secret = ask(run, std::string{kPath});
    if (!secret) return run.fail("Error listing the safety snapshots", secret.error());
    if (!*secret) {
        if (!run.output().isTable()) run.output().data(Json::object());
        else run.output().line("There are no safety snapshots.");
        return kApiError;
    }
    if (!run.output().isTable()) return run.show(**secret);
    std::vector<Row> rows{{"Name", "Taken", "Bytes", "Mounts", "Keys", "Reason"}};
    const auto& info = (*secret)->data()["key_info"];
    for (const auto& name : (*secret)->data()["keys"].array()) {
        const auto& each = info[name.text()];
        const auto& inventory = each["inventory"];
        rows.push_back({name.text(), shown(each["created_at"]), each["bytes"].text(), std::to_string(inventory["mounts"].array().size()),
                        shown(inventory["key_count"]), shown(each["reason"])});
    }
    run.output().table(rows);
    return kSuccess;
}

int restoreSafetySnapshot(Invocation& run)
{
    const auto secret = ask(run, std::string{kPath} + "/restore", Json::object({{"name", run.argument(0)}}));
    if (!secret) return run.fail("Error restoring the safety snapshot", secret.error());
    if (*secret) run.output().warnings(**secret);
    run.output().success("The safety snapshot is in place.");
    return kSuccess;
}

int deleteSafetySnapshot(Invocation& run)
{
    const auto secret = ask(run, std::string{kPath} + "/delete", Json::object({{"name", run.argument(0)}}));
    if (!secret) return run.fail("Error deleting the safety snapshot", secret.error());
    run.output().success("The safety snapshot is deleted.");
    return kSuccess;
}

} // namespace

std::vector<Command> wipeGuardCommands()
{
    return {
        {"replication inventory",
         "Show what a wipe of this cluster would delete",
         "",
         R"(  A cluster that becomes a replication secondary loses all its data. This shows what
  that would be: the mounts with the number and size of their entries, tokens, policies,
  secondaries, snapshot schedules, and the time of the last write. It shows no values.

      $ holdfast replication inventory
      $ holdfast replication inventory -format=json)",
         {drTokenFlag()},
         0,
         0,
         inventoryCommand},
        {"replication safety-snapshot list",
         "List the safety snapshots",
         "",
         R"(  Before a cluster with data becomes a replication secondary, it saves a safety snapshot
  in its data directory. This lists these snapshots.

      $ holdfast replication safety-snapshot list)",
         {drTokenFlag()},
         0,
         0,
         listSafetySnapshots},
        {"replication safety-snapshot restore",
         "Restore a safety snapshot",
         "NAME",
         R"(  Replaces everything that the cluster holds by a safety snapshot. The cluster leaves
  its replication set and is sealed afterwards. Unseal it with the unseal keys that it
  had when the snapshot was taken.

      $ holdfast replication safety-snapshot restore safety-20261120T124400Z-x1Yz90
      $ holdfast operator unseal)",
         {drTokenFlag()},
         1,
         1,
         restoreSafetySnapshot},
        {"replication safety-snapshot delete",
         "Delete a safety snapshot",
         "NAME",
         R"(  Deletes a safety snapshot. It cannot be restored afterwards. The cluster deletes all
  except the five newest without being asked.

      $ holdfast replication safety-snapshot delete safety-20261120T124400Z-x1Yz90)",
         {drTokenFlag()},
         1,
         1,
         deleteSafetySnapshot},
    };
}

} // namespace cli
