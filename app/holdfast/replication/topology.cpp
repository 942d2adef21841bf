#include "app/holdfast/commands/command.h"
#include "app/holdfast/replication/topology_view.h"

#include <algorithm>

namespace cli {
namespace {

/// Sends no token: both calls need none, and other clusters have named the addresses.
core::Result<ClusterReport> askCluster(Client& client, const std::string& address)
{
    client.setAddress(address);
    const auto flat = [&](const std::string& path, std::vector<std::pair<std::string, std::string>> query) -> core::Result<Json> {
        auto response = client.send({.path = path, .query = std::move(query), .isWrapped = false, .sendsToken = false});
        if (!response) return std::move(response).error();
        return Json::parse(response->body);
    };
    auto health = flat("sys/health", {{"activecode", "299"},
                                      {"drsecondarycode", "299"},
                                      {"performancestandbycode", "299"},
                                      {"sealedcode", "299"},
                                      {"standbycode", "299"},
                                      {"uninitcode", "299"}});
    if (!health) return std::move(health).error();
    ClusterReport report{std::move(*health), {}};
    if (!report.health["initialized"].isTrue() || report.health["sealed"].isTrue()) return report;
    auto status = flat("sys/replication/status", {});
    if (!status && status.error().code != core::ErrorCode::NotFound) return std::move(status).error();
    report.replication = status ? (*status)["data"] : Json::object(); // a server without replication
    return report;
}

int topologyCommand(Invocation& run)
{
    auto& client = run.client();
    auto addresses = run.arguments().all("address");
    if (addresses.empty()) addresses.push_back(client.address());
    core::Error firstError;
    const auto topology = exploreTopology(std::move(addresses), [&](const std::string& address) {
        auto report = askCluster(client, address);
        if (!report && firstError.detail.empty()) firstError = report.error();
        return report;
    });
    if (firstError.code == core::ErrorCode::Cancelled) return run.fail({}, firstError);
    if (run.output().isTable()) {
        run.output().line(topology.toText());
    } else {
        run.output().data(topology.toJson());
    }
    return std::ranges::any_of(topology.clusters, &Topology::Cluster::isReachable) ? kSuccess : kApiError;
}

} // namespace

std::vector<Command> topologyCommands()
{
    return {
        {"topology",
         "Draw the clusters that replicate with each other",
         "",
         R"(  Asks a cluster, and then every cluster that an answer names. Draws which cluster is
  whose secondary, with role, state, lag and program version. Needs and sends no token.

      $ holdfast topology
      $ holdfast topology -address=https://north:8200 -address=https://west:8200
      $ holdfast topology -format=json)",
         {{"address", FlagKind::Repeated, "Address of a cluster to begin with; repeatable."}},
         0,
         0,
         topologyCommand},
    };
}

} // namespace cli
