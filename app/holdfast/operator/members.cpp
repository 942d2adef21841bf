#include "app/holdfast/commands/command.h"
#include "app/holdfast/commands/key_values.h"

#include <algorithm>

namespace cli {
namespace {

std::string truth(const Json& value)
{
    return value.isTrue() ? "true" : "false";
}

int listMembers(Invocation& run)
{
    const auto secret = run.client().read("sys/ha-status");
    if (!secret) return run.fail("Error reading the nodes of the cluster", secret.error());
    if (!*secret) return run.fail("Error reading the nodes of the cluster", {core::ErrorCode::NotFound, "no answer"});
    const auto& data = (*secret)->data();
    const auto& nodes = data["nodes"].isNull() ? data["Nodes"] : data["nodes"];
    if (!run.output().isTable()) {
        run.output().data(Json::object({{"Nodes", nodes}}));
        return kSuccess;
    }
    std::vector<Row> rows{
        {"Host Name", "API Address", "Cluster Address", "Active Node", "Version", "Upgrade Version", "Redundancy Zone", "Last Echo"}};
    for (const auto& node : nodes.array()) {
        rows.push_back({node["hostname"].text(), node["api_address"].text(), node["cluster_address"].text(), truth(node["active_node"]),
                        node["version"].text(), node["upgrade_version"].text(), node["redundancy_zone"].text(), node["last_echo"].text()});
    }
    run.output().table(rows);
    return kSuccess;
}

int showVersionHistory(Invocation& run)
{
    const auto secret = run.client().list("sys/version-history");
    if (!secret) return run.fail("Error reading version history", secret.error());
    if (!*secret || (*secret)->data().isNull()) {
        run.output().error("Invalid response returned from Vault");
        return kApiError;
    }
    if (!run.output().isTable()) return run.show(**secret);
    const auto& data = (*secret)->data();
    std::vector<Row> rows{{"Version", "Installation Time", "Build Date"}};
    for (const auto& version : data["keys"].array()) {
        const auto& info = data["key_info"][version.text()];
        rows.push_back({version.text(), info["timestamp_installed"].text(), info["build_date"].text()});
    }
    run.output().table(rows);
    return kSuccess;
}

/// One call of `operator raft autopilot`, with a DR operation token if one was given.
core::Result<std::optional<Secret>> askAutopilot(Invocation& run, const std::string& what)
{
    const auto path = "sys/storage/raft/autopilot/" + what;
    const auto token = run.arguments().text("dr-token");
    return token.empty() ? run.client().read(path) : run.client().write(path, Json::object({{"dr_operation_token", token}}));
}

int showAutopilotState(Invocation& run)
{
    const auto secret = askAutopilot(run, "state");
    if (!secret) return run.fail("Error checking autopilot state", secret.error());
    if (!*secret) return kSuccess;
    const auto& state = (*secret)->data();
    auto& output = run.output();
    if (!output.isTable()) {
        output.data(state);
        return kSuccess;
    }
    const auto item = [&](std::size_t depth, std::string_view name, const std::string& value) {
        const std::string left = std::string(depth, ' ') + std::string{name} + ":";
        output.line(left + std::string(left.size() < 33 ? 33 - left.size() : 1, ' ') + value);
    };
    item(0, "Healthy", truth(state["healthy"]));
    item(0, "Failure Tolerance", state["failure_tolerance"].toGoText());
    item(0, "Leader", state["leader"].text());
    output.line("Voters:");
    for (const auto& voter : state["voters"].array()) output.line("   " + voter.text());
    output.line("Servers:");
    for (const auto& [id, server] : state["servers"].members()) {
        output.line("   " + id);
        constexpr std::pair<std::string_view, std::string_view> kShown[] = {
            {"Name", "name"},       {"Address", "address"},           {"Status", "status"},       {"Node Status", "node_status"},
            {"Healthy", "healthy"}, {"Last Contact", "last_contact"}, {"Last Term", "last_term"}, {"Last Index", "last_index"},
            {"Version", "version"}, {"Node Type", "node_type"}};
        for (const auto& [name, member] : kShown) item(6, name, server[member].toGoText());
    }
    return kSuccess;
}

int showAutopilotConfiguration(Invocation& run)
{
    const auto secret = askAutopilot(run, "configuration");
    if (!secret) return run.fail("Error reading the autopilot configuration", secret.error());
    if (!*secret) return kSuccess;
    const auto& data = (*secret)->data();
    if (!run.output().isTable()) {
        run.output().data(data);
        return kSuccess;
    }
    std::vector<Row> rows{{"Key", "Value"}};
    constexpr std::pair<std::string_view, std::string_view> kShown[] = {{"Cleanup Dead Servers", "cleanup_dead_servers"},
                                                                        {"Last Contact Threshold", "last_contact_threshold"},
                                                                        {"Dead Server Last Contact Threshold", "dead_server_last_contact_threshold"},
                                                                        {"Server Stabilization Time", "server_stabilization_time"},
                                                                        {"Min Quorum", "min_quorum"},
                                                                        {"Max Trailing Logs", "max_trailing_logs"},
                                                                        {"Disable Upgrade Migration", "disable_upgrade_migration"}};
    for (const auto& [name, member] : kShown) rows.push_back({std::string{name}, data[member].toGoText()});
    run.output().table(rows);
    return kSuccess;
}

int setAutopilotConfiguration(Invocation& run)
{
    const auto& arguments = run.arguments();
    Json body = Json::object();
    for (const auto* flag : {"cleanup-dead-servers", "disable-upgrade-migration"}) {
        std::string member{flag};
        std::ranges::replace(member, '-', '_');
        if (!arguments.has(flag)) continue;
        const auto text = arguments.text(flag);
        if (text != "true" && text != "false") return run.failLocally("invalid value \"" + text + "\" for flag -" + flag + ": must be true or false");
        body.set(member, text == "true");
    }
    for (const auto* flag : {"last-contact-threshold", "dead-server-last-contact-threshold", "server-stabilization-time"}) {
        std::string member{flag};
        std::ranges::replace(member, '-', '_');
        if (!arguments.has(flag)) continue;
        const auto value = arguments.duration(flag);
        if (!value) return run.failLocally(value.error().detail);
        body.set(member, *value);
    }
    for (const auto* flag : {"max-trailing-logs", "min-quorum"}) {
        std::string member{flag};
        std::ranges::replace(member, '-', '_');
        if (!arguments.has(flag)) continue;
        const auto value = arguments.number(flag, 0);
        if (!value) return run.failLocally(value.error().detail);
        body.set(member, std::int64_t{*value});
    }
    if (const auto done = run.client().write("sys/storage/raft/autopilot/configuration", body, "POST"); !done) {
        return run.fail("Error writing the autopilot configuration", done.error());
    }
    return kSuccess;
}

int joinRaft(Invocation& run)
{
    const auto done = run.client().writeFlat("sys/storage/raft/join", Json::object({{"leader_api_addr", run.argument(0)}}), "POST");
    if (!done) return run.fail("Error joining the node to the Raft cluster", done.error());
    if (!run.output().isTable()) {
        run.output().data(*done);
        return kSuccess;
    }
    run.output().table({{"Key", "Value"}, {"Joined", truth((*done)["joined"])}});
    return kSuccess;
}

int removePeer(Invocation& run)
{
    Json body = Json::object({{"server_id", run.argument(0)}});
    if (const auto token = run.arguments().text("dr-token"); !token.empty()) body.set("dr_operation_token", token);
    if (const auto done = run.client().write("sys/storage/raft/remove-peer", body); !done) {
        return run.fail("Error removing the peer from raft cluster", done.error());
    }
    run.output().line("Peer removed successfully!");
    return kSuccess;
}

} // namespace

std::vector<Command> memberCommands()
{
    constexpr Flag kDrToken{"dr-token", FlagKind::Text, "DR operation token, on a DR secondary."};
    return {
        {"operator members",
         "List the nodes of the cluster",
         "",
         R"(  Lists the nodes of the cluster with their addresses and versions.

      $ holdfast operator members)",
         {},
         0,
         0,
         listMembers},
        {"version-history",
         "Show which versions of the program ran here",
         "",
         R"(  Shows which versions of the program ran on this cluster, and since when.

      $ holdfast version-history)",
         {},
         0,
         0,
         showVersionHistory},
        {"operator raft autopilot state",
         "Show the health of the cluster's nodes",
         "",
         R"(  Shows whether the nodes are healthy, and how many may fail.

      $ holdfast operator raft autopilot state
      $ holdfast operator raft autopilot state -format=json)",
         {kDrToken},
         0,
         0,
         showAutopilotState,
         false,
         asksServer,
         Output::Format::Pretty},
        {"operator raft autopilot get-config",
         "Show the limits that autopilot uses",
         "",
         R"(  Shows the limits by which autopilot decides whether a node is healthy or dead.

      $ holdfast operator raft autopilot get-config)",
         {kDrToken},
         0,
         0,
         showAutopilotConfiguration},
        {"operator raft autopilot set-config",
         "Change the limits that autopilot uses",
         "",
         R"(  Changes the limits that autopilot uses. This server refuses values that differ from
  its own, because a cluster of one node has nothing to decide.

      $ holdfast operator raft autopilot set-config -last-contact-threshold=10s)",
         {{"cleanup-dead-servers", FlagKind::Text, "Whether dead nodes are removed (true or false)."},
          {"last-contact-threshold", FlagKind::Duration, "How long a healthy node may be silent."},
          {"dead-server-last-contact-threshold", FlagKind::Duration, "How long until a silent node is dead."},
          {"max-trailing-logs", FlagKind::Number, "How many entries a healthy node may be behind."},
          {"min-quorum", FlagKind::Number, "How many nodes must stay."},
          {"server-stabilization-time", FlagKind::Duration, "How long a new node must be healthy before it votes."},
          {"disable-upgrade-migration", FlagKind::Text, "Whether upgrades leave the old nodes alone (true or false)."}},
         0,
         0,
         setAutopilotConfiguration},
        {"operator raft join",
         "Join a node to a cluster of several nodes",
         "[LEADER_API_ADDR]",
         R"(  Asks a node to join the cluster of another node. This server refuses, because its
  clusters have one node. For a second machine use replication: holdfast replication -h

      $ holdfast operator raft join https://vault-1.example:8200)",
         {{"leader-ca-cert", FlagKind::Text, "Certificate of the leader's authority."},
          {"leader-client-cert", FlagKind::Text, "Certificate to show to the leader."},
          {"leader-client-key", FlagKind::Text, "Private key of that certificate."},
          {"retry", FlagKind::Switch, "Try again until it works."},
          {"non-voter", FlagKind::Switch, "Join without a vote."}},
         0,
         1,
         joinRaft},
        {"operator raft remove-peer",
         "Remove a node from the cluster",
         "SERVER_ID",
         R"(  Removes a node from the cluster. The last node cannot be removed.

      $ holdfast operator raft remove-peer node-2)",
         {kDrToken},
         1,
         1,
         removePeer},
    };
}

} // namespace cli
