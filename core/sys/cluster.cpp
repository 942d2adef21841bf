#include "core/sys/handlers.h"

namespace core::sys {
namespace {

namespace json = boost::json;
using mount::Response;

json::object configuration(const ClusterFacts& facts)
{
    const json::object server{{"address", facts.clusterAddress},
                              {"leader", true},
                              {"node_id", facts.nodeId},
                              {"protocol_version", "3"},
                              {"voter", true}};
    return {{"config", json::object{{"index", facts.lastIndex}, {"servers", json::array{server}}}}};
}

json::object autopilotState(const ClusterFacts& facts)
{
    const json::object server{{"address", facts.clusterAddress},
                              {"healthy", true},
                              {"id", facts.nodeId},
                              {"last_contact", "0s"},
                              {"last_index", facts.lastIndex},
                              {"last_term", 1},
                              {"meta", nullptr},
                              {"name", facts.nodeId},
                              {"node_status", "alive"},
                              {"node_type", "voter"},
                              {"stable_since", toRfc3339(facts.activeSince)},
                              {"status", "leader"},
                              {"version", HOLDFAST_VERSION}};
    json::object servers;
    servers[facts.nodeId] = server;
    return {{"failure_tolerance", 0},
            {"healthy", true},
            {"leader", facts.nodeId},
            {"non_voters", nullptr},
            {"optimistic_failure_tolerance", 0},
            {"servers", std::move(servers)},
            {"voters", json::array{json::string{facts.nodeId}}}};
}

} // namespace

void addClusterRoutes(RouteTable& routes, std::function<ClusterFacts()> facts, std::function<json::object()> sanitized,
                      const token::TokenStore& tokens)
{
    routes.add({.verbs = Verb::Read,
                .pattern = "storage/raft/configuration",
                .handle = [facts](Call&) -> Result<Response> { return Response::ofData(configuration(facts())); },
                .help = "Lists the nodes of the cluster."});
    routes.add({.verbs = Verb::Read,
                .pattern = "storage/raft/autopilot/state",
                .handle = [facts](Call&) -> Result<Response> { return Response::ofData(autopilotState(facts())); },
                .help = "Shows how the nodes of the cluster are."});
    routes.add({.verbs = Verb::Read,
                .pattern = "config/state/sanitized",
                .handle = [sanitized](Call&) -> Result<Response> { return Response::ofData(sanitized()); },
                .help = "Shows the configuration of this node, without its secrets."});
    routes.add({.verbs = Verb::Read,
                .pattern = "internal/counters/tokens",
                .handle = [&tokens](Call& call) -> Result<Response> {
                    auto accessors = tokens.accessors(call.scope);
                    if (!accessors) return accessors.error();
                    const json::object total{{"total", accessors->size()}};
                    return Response::ofData({{"counters", json::object{{"service_tokens", total}}}});
                },
                .help = "Counts the service tokens of this cluster."});
}

} // namespace core::sys
