#include "core/base/go_text.h"
#include "core/identity/entity_changes.h"
#include "core/identity/routes.h"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <map>

namespace core::identity {
namespace {

namespace json = boost::json;
using mount::Response;
using route::Call;
using route::FieldList;
using route::FieldType;
using route::Verb;

constexpr const char* kClash = "toEntity and at least one fromEntity have aliases with the same mount accessor, repeat the merge request specifying "
                               "exactly one fromEntity, clashes: ";

struct Clash {
    const Alias* to;
    const Entity* from;
    const Alias* fromAlias;
};

std::vector<Clash> clashesOf(const Entity& to, const std::vector<Entity>& froms)
{
    std::vector<Clash> clashes;
    for (const auto& from : froms) {
        for (const auto& alias : from.aliases) {
            if (const auto* other = aliasAt(to, alias.mountAccessor)) clashes.push_back({other, &from, &alias});
        }
    }
    return clashes;
}

json::object clashRow(const Entity& entity, const Alias& alias, const MountNames& mounts)
{
    const auto* entry = mounts.find(alias.mountAccessor);
    return {{"alias", alias.name},
            {"entity", entity.name},
            {"entity_id", entity.id},
            {"mount", entry ? entry->type : std::string{}},
            {"mount_path", entry ? entry->path : std::string{}}};
}

/// The list of clashes is beside the error's text, so that a client need not read the text.
Response clashAnswer(const Entity& to, const std::vector<Clash>& clashes, const MountNames& mounts)
{
    std::vector<std::string> texts{kClash};
    json::array rows;
    for (const auto& clash : clashes) {
        texts.push_back("mountAccessor: " + clash.to->mountAccessor + ", toEntity ID: " + to.id + ", fromEntity ID: " + clash.from->id +
                        ", conflicting toEntity alias ID: " + clash.to->id + ", conflicting fromEntity alias ID: " + clash.fromAlias->id);
        rows.push_back(clashRow(to, *clash.to, mounts));
        rows.push_back(clashRow(*clash.from, *clash.fromAlias, mounts));
    }
    auto response = Response::badRequest(joinedErrors(texts));
    response.isRaw = true;
    response.rawBody = json::serialize(json::object{{"errors", json::array{response.errors.front()}}, {"data", std::move(rows)}}) + "\n";
    return response;
}

/// The ids of the aliases that the caller gives up. Returns a refusal if it keeps neither alias of a mount.
std::optional<Response> chooseDropped(const std::vector<Clash>& clashes, const std::vector<std::string>& kept, std::vector<std::string>& dropped)
{
    for (const auto& clash : clashes) {
        if (contains(kept, clash.to->id)) {
            dropped.push_back(clash.fromAlias->id);
        } else if (contains(kept, clash.fromAlias->id)) {
            dropped.push_back(clash.to->id);
        } else {
            return Response::badRequest("conflicting mount accessors in following alias IDs and neither were present in "
                                        "conflicting_alias_ids_to_keep: " +
                                        clash.to->id + ", " + clash.fromAlias->id);
        }
    }
    return std::nullopt;
}

Result<> dropAliases(EntityRows& rows, Entity& entity, const std::vector<std::string>& ids)
{
    const auto before = entity;
    std::erase_if(entity.aliases, [&](const Alias& alias) { return std::ranges::find(ids, alias.id) != ids.end(); });
    if (entity.aliases.size() == before.aliases.size()) return {};
    return rows.store(before, entity);
}

/// What is wrong with the entities that are merged; empty: nothing.
std::string sharedMountFault(const std::vector<Entity>& froms)
{
    std::map<std::string, std::string> owners; // of a mount
    for (const auto& from : froms) {
        for (const auto& alias : from.aliases) {
            const auto [at, isNew] = owners.emplace(alias.mountAccessor, from.id);
            if (isNew || at->second == from.id) continue;
            return "mount accessor " + alias.mountAccessor + " found in multiple fromEntities, merge should be done with one fromEntity at a time";
        }
    }
    return {};
}

Result<Response> merge(Call& call)
{
    const auto toId = call.fields.textOr("to_entity_id", {});
    const auto fromIds = sortedOnce(call.fields.list("from_entity_ids").value_or(std::vector<std::string>{}));
    const auto kept = sortedOnce(call.fields.list("conflicting_alias_ids_to_keep").value_or(std::vector<std::string>{}));
    if (call.fields.refusal()) return *call.fields.refusal();
    if (toId.empty()) return Response::badRequest("missing entity id to merge to");
    if (fromIds.empty()) return Response::badRequest("missing entity ids to merge from");
    if (!kept.empty() && fromIds.size() > 1) {
        return Response::badRequest("aliases conflicts cannot be resolved with multiple from entity ids - merge one entity at a time");
    }
    EntityRows rows{call.scope()};
    auto to = rows.find(toId);
    if (!to) return std::move(to).error();
    if (!*to) return Response::badRequest("entity id to merge to is invalid");
    std::vector<Entity> froms;
    for (const auto& id : fromIds) {
        auto from = id == toId ? Result<std::optional<Entity>>{*to} : rows.find(id);
        if (!from) return std::move(from).error();
        if (!*from) return Response::badRequest("entity id to merge from is invalid");
        if ((*from)->id == (*to)->id) return Response::badRequest("to_entity_id should not be present in from_entity_ids");
        froms.push_back(std::move(**from));
    }
    if (auto fault = sharedMountFault(froms); !fault.empty()) return Response::badRequest(std::move(fault));
    if (const auto clashes = clashesOf(**to, froms); !clashes.empty()) {
        if (kept.empty()) return clashAnswer(**to, clashes, mountsOf(call));
        std::vector<std::string> dropped;
        if (auto refused = chooseDropped(clashes, kept, dropped)) return *refused;
        if (auto done = dropAliases(rows, **to, dropped); !done) return std::move(done).error();
        if (auto done = dropAliases(rows, froms.front(), dropped); !done) return std::move(done).error();
    }
    for (const auto& from : froms) {
        if (auto merged = mergeEntity(call.scope(), from, **to, call.now()); !merged) return std::move(merged).error();
    }
    return Response{};
}

} // namespace

void addMergeRoutes(route::RouteTable& routes)
{
    routes.add({.verbs = Verb::Write,
                .pattern = "entity/merge",
                .handle = merge,
                .fields = FieldList{{"to_entity_id", FieldType::Text, "The entity that remains."},
                                    {"from_entity_ids", FieldType::TextList, "The entities that it takes in. They are deleted."},
                                    {"force", FieldType::Boolean, "Concerns secrets of multi-factor logins, which do not exist here.", "false"},
                                    {"conflicting_alias_ids_to_keep", FieldType::TextList, "Of two aliases at one mount, the one that stays."}},
                .help = "Merges entities: aliases and memberships move to one entity. The policies and metadata of the others are lost."});
}

} // namespace core::identity
