#include "core/sys/node/node_handlers.h"

#include <boost/json/array.hpp>

#include <unistd.h>

namespace core::sys {
namespace {

namespace json = boost::json;
using mount::Response;

std::string hostName()
{
    char name[256] = {};
    ::gethostname(name, sizeof name - 1);
    return name;
}

Result<Response> keyStatus(const NodeServices& services)
{
    const auto status = services.barrier->keyStatus();
    if (!status) return status.error();
    return Response::ofData({{"term", status->term}, {"install_time", toRfc3339(status->installedAt)}, {"encryptions", status->encryptionCount}});
}

Result<Response> haStatus(const NodeServices& services)
{
    json::array nodes;
    const auto following = services.node->health().following;
    nodes.push_back(json::object{{"hostname", hostName()},
                                 {"api_address", services.apiAddress},
                                 {"cluster_address", services.clusterAddress},
                                 {"active_node", true},
                                 {"last_echo", nullptr}, // there is no echo to the active node, because this is it
                                 {"echo_duration_ms", 0},
                                 {"clock_skew_ms", following ? following->clockSkew.count() : 0},
                                 {"replication_primary_canary_age_ms", following && following->lag ? following->lag->count() : 0},
                                 {"version", kReportedVersion},
                                 {"upgrade_version", ""},
                                 {"redundancy_zone", ""}});
    auto response = Response::ofData({{"nodes", nodes}, {"Nodes", nodes}});
    response.isInjected = true;
    return response;
}

/// True for a request by Prometheus, whose own media type comes first in Accept.
bool asksForPrometheus(const mount::Request& request)
{
    for (const auto& header : request.headers) {
        if (header.name != "accept") continue;
        if (header.value.starts_with("application/openmetrics-text") || header.value.find("prometheus/telemetry") != std::string::npos) return true;
    }
    return false;
}

} // namespace

Response metricsAnswer(const mount::Request& request, const std::function<std::string()>& prometheus, const std::function<json::object()>& json,
                       bool isPrometheusOn)
{
    std::string format;
    if (const auto* given = request.data.if_contains("format"); given && given->is_string()) format = given->as_string();
    if (format.empty() && isPrometheusOn && asksForPrometheus(request)) format = "prometheus";
    if (format.empty()) return Response::raw(200, json());
    if (format != "prometheus") return Response::badRequest("metric response format \"" + format + "\" unknown");
    if (!isPrometheusOn) return Response::badRequest("prometheus is not enabled");
    Response response;
    response.isRaw = true;
    response.status = 200;
    response.rawBody = prometheus();
    response.rawContentType = "text/plain; version=0.0.4";
    return response;
}

void addNodeRoutes(RouteTable& routes, NodeServices given)
{
    const auto services = std::make_shared<const NodeServices>(std::move(given));
    routes.add({.verbs = Verb::Write,
                .pattern = "seal",
                .handle = [services](Call&) -> Result<Response> {
                    services->seal();
                    return Response{};
                },
                .needsSudo = true,
                .help = "Seals the server: its keys are removed from memory."});
    routes.add({.verbs = Verb::Write,
                .pattern = "step-down",
                .handle = [](Call&) -> Result<Response> { return Response{}; }, // there is no other node that could lead
                .needsSudo = true,
                .help = "Gives up leadership. No effect on a cluster of one node."});
    routes.add({.verbs = Verb::Read,
                .pattern = "key-status",
                .handle = [services](Call&) { return keyStatus(*services); },
                .isInjected = true,
                .fields = kNoFields,
                .help = "Shows the term and age of the encryption key."});
    for (const auto* pattern : {"rotate", "rotate/keyring"}) {
        routes.add({.verbs = Verb::Write,
                    .pattern = pattern,
                    .handle = [services](Call& call) -> Result<Response> {
                        if (services->isPerformanceSecondary()) {
                            return Response::badRequest("cannot rotate on a replication secondary");
                        }
                        if (auto done = services->barrier->rotate(call.scope().transaction(), call.now()); !done) {
                            return std::move(done).error();
                        }
                        return Response{};
                    },
                    .needsSudo = true,
                    .isInjected = true,
                    .help = "Adds a new term to the keyring. Data of earlier terms stays readable."});
    }
    for (const auto* pattern : {"rekey/backup", "rekey/recovery-key-backup"}) { // backups exist only for keys encrypted by PGP
        routes.add({.verbs = Verb::Read,
                    .pattern = pattern,
                    .handle = [](Call&) -> Result<Response> { return Response::badRequest("no backed-up keys found"); },
                    .help = "Shows the encrypted backup of the last rekey's shares."});
        routes.add({.verbs = Verb::Delete,
                    .pattern = pattern,
                    .handle = [](Call&) -> Result<Response> { return Response{}; },
                    .help = "Deletes that backup."});
    }
    routes.add({.verbs = Verb::Read,
                .pattern = "ha-status",
                .handle = [services](Call&) { return haStatus(*services); },
                .fields = kNoFields,
                .help = "Shows the nodes of the cluster."});
    routes.add({.verbs = Verb::Read,
                .pattern = "in-flight-req",
                .handle = [services](Call&) -> Result<Response> { return Response::raw(200, services->inFlight()); },
                .openVerbs = services->isInFlightOpen ? Verb::Read : kNoVerb,
                .help = "Lists the requests that are running, by their ids."});
    routes.add({.verbs = Verb::Read,
                .pattern = "host-info",
                .handle = [services](Call&) -> Result<Response> { return Response::ofData(services->hostInfo()); },
                .isSlow = true,
                .fields = kNoFields,
                .help = "Shows processors, memory, disks and operating system of the machine."});
    routes.add({.verbs = Verb::Read,
                .pattern = "metrics",
                .handle = [services](Call& call) -> Result<Response> {
                    return metricsAnswer(call.request, services->prometheusMetrics, services->metrics, services->isPrometheusOn);
                },
                .openVerbs = services->isMetricsOpen ? Verb::Read : kNoVerb,
                .isOnDrSecondary = services->isMetricsOpen,
                .help = "Metrics as JSON, or with format=prometheus in Prometheus' text form."});
}

} // namespace core::sys
