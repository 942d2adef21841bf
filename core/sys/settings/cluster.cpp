#include "core/sys/routes/handlers.h"

#include "core/base/duration.h"
#include "core/sys/routes/guard.h"

#include <boost/json/serialize.hpp>

namespace core::sys {
namespace {

namespace json = boost::json;
using mount::Response;

json::object configuration(const ClusterFacts& facts)
{
    const json::object server{
        {"address", facts.clusterAddress}, {"leader", true}, {"node_id", facts.nodeId}, {"protocol_version", "3"}, {"voter", true}};
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

/// Vault's default values. None of them has an effect in a cluster of one node.
json::object autopilotConfiguration(const ClusterFacts&)
{
    return {{"cleanup_dead_servers", false},      {"dead_server_last_contact_threshold", "24h0m0s"},
            {"disable_upgrade_migration", false}, {"last_contact_threshold", "10s"},
            {"max_trailing_logs", 1000},          {"min_quorum", 0},
            {"server_stabilization_time", "10s"}};
}

/// Other values are refused, because they would be stored and have no effect.
Response setAutopilot(Call& call)
{
    const auto stored = autopilotConfiguration({});
    for (const auto& [name, value] : call.request.data) {
        const auto* known = stored.if_contains(name);
        if (!known) continue;
        if (value == *known || (value.is_string() && json::serialize(*known) == std::string_view{value.as_string()})) continue;
        const auto asDuration =
            known->is_string() && value.is_string() ? parseDuration(value.as_string()) : Result<std::chrono::nanoseconds>{Error{}};
        if (asDuration && toGoDuration(*asDuration) == std::string_view{known->as_string()}) continue;
        return Response::badRequest("autopilot has nothing to decide in a cluster of one node; " + std::string{name} + " stays " +
                                    json::serialize(*known));
    }
    return Response{};
}

const Field kDrToken{"dr_operation_token", FieldType::Text, "On a DR secondary: a DR operation token."};

/// A question that a DR secondary answers too, if it is written with a DR operation token instead of read.
void addQuestion(RouteTable& routes, const std::shared_ptr<const ClusterServices>& services, std::string pattern,
                 json::object (*answer)(const ClusterFacts&), const char* help)
{
    routes.add({.verbs = Verb::Read,
                .pattern = pattern,
                .handle = [services, answer](Call&) -> Result<Response> { return Response::ofData(answer(services->facts())); },
                .help = help});
    routes.add({.verbs = Verb::Write,
                .pattern = std::move(pattern),
                .handle = guarded(services->drRefusal, [services, answer](Call&) { return Response::ofData(answer(services->facts())); }),
                .isOnDrSecondary = true,
                .fields = FieldList{kDrToken},
                .isWithoutWarnings = true});
}

/// The only node cannot be removed, because the cluster would be empty.
Response removePeer(const ClusterServices& services, Call& call)
{
    const auto id = call.fields.textOr("server_id", {});
    if (call.fields.refusal()) return *call.fields.refusal();
    if (id.empty()) return Response::badRequest("no server id provided");
    if (id == services.facts().nodeId) return Response::badRequest("cannot remove the only node of the cluster");
    return Response::badRequest("no node of this cluster has the id \"" + id + "\"");
}

} // namespace

void addClusterRoutes(RouteTable& routes, ClusterServices given)
{
    const auto services = std::make_shared<const ClusterServices>(std::move(given));
    addQuestion(routes, services, "storage/raft/configuration", configuration, "Lists the nodes of the cluster.");
    addQuestion(routes, services, "storage/raft/autopilot/state", autopilotState, "Shows the state of the nodes of the cluster.");
    routes.add({.verbs = Verb::Read,
                .pattern = "storage/raft/autopilot/configuration",
                .handle = [services](Call&) -> Result<Response> { return Response::ofData(autopilotConfiguration(services->facts())); },
                .help = "Shows the settings of autopilot."});
    const auto showToDr = guarded(services->drRefusal, [services](Call&) { return Response::ofData(autopilotConfiguration(services->facts())); });
    routes.add({.verbs = Verb::Write,
                .pattern = "storage/raft/autopilot/configuration",
                .handle = [services, showToDr](Call& call) -> Result<Response> {
                    if (!services->isDrSecondary()) return setAutopilot(call);
                    return showToDr(call);
                },
                .isOnDrSecondary = true,
                .fields = FieldList{{"cleanup_dead_servers", FieldType::Boolean, {}, "false"},
                                    {"last_contact_threshold", FieldType::Duration, {}, "\"10s\""},
                                    {"dead_server_last_contact_threshold", FieldType::Duration, {}, "\"24h\""},
                                    {"max_trailing_logs", FieldType::Integer, {}, "1000"},
                                    {"min_quorum", FieldType::Integer, {}, "0"},
                                    {"server_stabilization_time", FieldType::Duration, {}, "\"10s\""},
                                    {"disable_upgrade_migration", FieldType::Boolean, {}, "false"},
                                    kDrToken},
                .isWithoutWarnings = true,
                .help = "Refuses other values, because autopilot has no effect in a cluster of one node."});
    routes.add({.verbs = Verb::Write,
                .pattern = "storage/raft/remove-peer",
                .handle = [services, removeOnDr = guarded(services->drRefusal, [services](Call& call) { return removePeer(*services, call); })](
                              Call& call) { return services->isDrSecondary() ? removeOnDr(call) : removePeer(*services, call); },
                .isOnDrSecondary = true,
                .fields = FieldList{{"server_id", FieldType::Text, "The id of the node."}, kDrToken},
                .isWithoutWarnings = true,
                .help = "Removes a node from the cluster. The last node cannot be removed."});
    routes.add({.verbs = Verb::Read,
                .pattern = "config/state/sanitized",
                .handle = [services](Call&) -> Result<Response> { return Response::ofData(services->configuration()); },
                .fields = kNoFields,
                .help = "Shows the configuration of this node, without its secrets."});
    routes.add({.verbs = Verb::Read,
                .pattern = "internal/counters/requests",
                .handle = [](Call&) -> Result<Response> { return Response::error(404, "The functionality has been removed on this path"); },
                .help = "Gone, as in Vault."});
    routes.add({.verbs = Verb::Read,
                .pattern = "internal/counters/tokens",
                .handle = [services](Call& call) -> Result<Response> {
                    auto accessors = services->tokens->accessors(call.scope());
                    if (!accessors) return accessors.error();
                    const json::object total{{"total", accessors->size()}};
                    return Response::ofData({{"counters", json::object{{"service_tokens", total}}}});
                },
                .isSlow = true, // it counts them one by one
                .fields = kNoFields,
                .help = "Counts the service tokens of this cluster."});
}

} // namespace core::sys
