#include "app/holdfast/commands/seal_status.h"

namespace cli {
namespace {

std::vector<Row> statusRows(const Json& status, const Json& leader)
{
    const std::string prefix = status["recovery_seal"].isTrue() ? "Recovery " : "";
    const bool isSealed = status["sealed"].isTrue();
    std::vector<Row> rows{{"Key", "Value"}};
    const auto add = [&](std::string title, const Json& value) { rows.push_back({std::move(title), value.isNull() ? "" : value.toGoText()}); };
    add("Seal Type", status["type"]);
    if (!status["recovery_seal_type"].isEmpty()) add("Recovery Seal Type", status["recovery_seal_type"]);
    add("Initialized", status["initialized"]);
    add("Sealed", status["sealed"]);
    add("Total " + prefix + "Shares", status["n"]);
    add("Threshold", status["t"]);
    if (isSealed) {
        rows.push_back({"Unseal Progress", status["progress"].toGoText() + "/" + status["t"].toGoText()});
        add("Unseal Nonce", status["nonce"]);
    }
    if (status["migration"].isTrue()) add("Seal Migration in Progress", status["migration"]);
    add("Version", status["version"]);
    if (status.has("build_date")) add("Build Date", status["build_date"]);
    add("Storage Type", status["storage_type"]);
    if (!status["cluster_name"].isEmpty()) {
        add("Cluster Name", status["cluster_name"]);
        add("Cluster ID", status["cluster_id"]);
    }
    add("HA Enabled", leader["ha_enabled"].isTrue());
    if (leader["ha_enabled"].isTrue() && !isSealed) {
        add("HA Cluster", leader["leader_cluster_address"]);
        const bool isActive = leader["is_self"].isTrue();
        add("HA Mode", isActive ? "active" : "standby");
        if (isActive && !leader["active_time"].text().starts_with("0001-")) add("Active Since", leader["active_time"]);
        if (!isActive) add("Active Node Address", leader["leader_address"].isEmpty() ? Json{"<none>"} : leader["leader_address"]);
        if (leader["performance_standby"].isTrue()) {
            add("Performance Standby Node", leader["performance_standby"]);
            add("Performance Standby Last Remote WAL", leader["performance_standby_last_remote_wal"]);
        }
    }
    if (!leader["raft_committed_index"].isEmpty()) add("Raft Committed Index", leader["raft_committed_index"]);
    if (!leader["raft_applied_index"].isEmpty()) add("Raft Applied Index", leader["raft_applied_index"]);
    if (!leader["last_wal"].isEmpty()) add("Last WAL", leader["last_wal"]);
    return rows;
}

int statusCommand(Invocation& run)
{
    const auto status = run.client().readFlat("sys/seal-status");
    if (!status) {
        run.fail("Error checking seal status", status.error());
        return status.error().code == core::ErrorCode::Cancelled ? kSuccess : kUsageError; // 2 is the code of "sealed" here
    }
    if (run.arguments().has("field")) {
        if (const auto code = run.output().field((*status)[run.arguments().text("field")], run.arguments().text("field"))) return code;
    } else if (const auto code = showSealStatus(run, *status)) {
        return code;
    }
    return (*status)["sealed"].isTrue() ? kApiError : kSuccess;
}

int versionCommand(Invocation& run)
{
    if (run.output().isTable()) {
        run.output().line("Holdfast v" HOLDFAST_VERSION);
    } else {
        run.output().data(Json::object({{"version", HOLDFAST_VERSION}}));
    }
    return kSuccess;
}

} // namespace

int showSealStatus(Invocation& run, const Json& status)
{
    auto leader = run.client().readFlat("sys/leader");
    if (!leader && leader.error().detail.find("Vault is sealed") != std::string::npos) {
        leader = Json::object({{"ha_enabled", true}}); // a sealed node reports only this
    }
    if (!leader) {
        run.fail("Error checking leader status", leader.error());
        return kUsageError;
    }
    if (run.output().isTable()) {
        run.output().table(statusRows(status, *leader));
        return kSuccess;
    }
    auto merged = status;
    merged.set("ha_enabled", (*leader)["ha_enabled"].isTrue());
    for (const auto& [name, value] : leader->members()) {
        if (!value.isEmpty()) merged.set(name, value);
    }
    if (!merged.has("active_time")) merged.set("active_time", "0001-01-01T00:00:00Z");
    run.output().data(merged);
    return kSuccess;
}

std::vector<Command> statusCommands()
{
    return {
        {"status",
         "Print seal and leader status",
         "",
         R"(  Prints the state of the server: sealed or not, its shares, version and storage.
  The exit code is 0 when it is unsealed, 2 when it is sealed, 1 on an error.

      $ holdfast status
      $ holdfast status -format=json)",
         {},
         0,
         0,
         statusCommand,
         true},
        {"version",
         "Print the version of this program",
         "",
         R"(  Prints the version of this program. Needs no server.

      $ holdfast version)",
         {},
         0,
         0,
         versionCommand,
         false,
         [](const Arguments&) { return false; }},
    };
}

} // namespace cli
