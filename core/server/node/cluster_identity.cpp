#include "core/server/node/cluster_identity.h"

#include "core/snapshot/snapshots.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace core::server {

namespace json = boost::json;

Result<> ClusterIdentity::store(const barrier::Scope& scope, const ClusterIdentity& identity)
{
    return scope.ignored(std::string{kFolder}).put("info", json::serialize(json::object{{"name", identity.name}, {"id", identity.id}}));
}

Result<ClusterIdentity> ClusterIdentity::load(const barrier::Scope& scope)
{
    auto stored = scope.ignored(std::string{kFolder}).get("info");
    if (!stored) return std::move(stored).error();
    if (!*stored) { // a snapshot with other keys was restored
        stored = scope.transaction().get(snapshot::kRestoredIdentityKey);
        if (!stored) return std::move(stored).error();
    }
    json::error_code error;
    const auto value = *stored ? json::parse(**stored, error) : json::value{};
    const auto* object = value.if_object();
    const auto* name = object != nullptr ? object->if_contains("name") : nullptr;
    const auto* id = object != nullptr ? object->if_contains("id") : nullptr;
    if (error || name == nullptr || id == nullptr || !name->is_string() || !id->is_string()) {
        return Error{ErrorCode::Corrupt, "the cluster's identity is missing or damaged"};
    }
    return ClusterIdentity{std::string{name->as_string()}, std::string{id->as_string()}};
}

Result<std::vector<replication::Type>> ClusterIdentity::newSets(const log::Store& store)
{
    const auto restored = store.reader().get(snapshot::kRestoredIdentityKey);
    if (!restored) return restored.error();
    std::vector<replication::Type> types;
    json::error_code error;
    const auto value = *restored ? json::parse(**restored, error) : json::value{};
    const auto* sets = !error && value.is_object() ? value.get_object().if_contains("new_sets") : nullptr;
    if (sets == nullptr || !sets->is_array()) return types;
    for (const auto& each : sets->get_array()) {
        if (!each.is_string()) continue;
        if (each.get_string() == "performance") types.push_back(replication::Type::Performance);
        if (each.get_string() == "dr") types.push_back(replication::Type::Dr);
    }
    return types;
}

Result<> ClusterIdentity::adoptRestored(log::Store& store, const barrier::Barrier& barrier, const ClusterIdentity& identity)
{
    log::Transaction transaction = store.begin();
    const auto restored = transaction.get(snapshot::kRestoredIdentityKey);
    if (!restored) return restored.error();
    if (!*restored) return {};
    if (auto stored = ClusterIdentity::store({transaction, barrier, {}}, identity); !stored) return stored;
    transaction.erase({log::OperationKind::Delete, std::string{snapshot::kRestoredIdentityKey}, {}, {}, {}});
    auto committed = store.commitAndWait(std::move(transaction));
    if (!committed) return std::move(committed).error();
    return {};
}

} // namespace core::server
