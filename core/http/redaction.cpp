#include "core/http/redaction.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>

namespace core::http {
namespace {

namespace json = boost::json;

void clear(json::object& object, std::initializer_list<std::string_view> names)
{
    for (const auto name : names) {
        if (auto* value = object.if_contains(name)) *value = "";
    }
}

} // namespace

void Redaction::apply(std::string_view path, Reply& reply) const
{
    constexpr std::string_view kPaths[] = {"sys/health", "sys/leader", "sys/seal-status"};
    if (!isOn() || std::ranges::find(kPaths, path) == std::end(kPaths)) return;
    json::error_code failed;
    auto body = json::parse(reply.body, failed);
    if (failed || !body.is_object()) return;
    auto& object = body.get_object();
    auto* data = object.if_contains("data");
    for (json::object* part : {&object, data && data->is_object() ? &data->get_object() : nullptr}) {
        if (!part) continue;
        if (addresses)
            clear(*part, {"leader_address", "leader_cluster_address", "active_node_address", "primary_cluster_addr", "api_addr", "cluster_addr"});
        if (clusterName) clear(*part, {"cluster_name"});
        if (version) clear(*part, {"version", "build_date"});
    }
    reply.body = json::serialize(body) + "\n";
}

bool isReplicationStatus(std::string_view path)
{
    return path == "sys/replication/status" || path == "sys/replication/performance/status" || path == "sys/replication/dr/status";
}

} // namespace core::http
