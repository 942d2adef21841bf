#include "core/identity/answers.h"

namespace core::identity {
namespace {

namespace json = boost::json;

json::array toJson(const std::vector<std::string>& texts)
{
    return json::array(texts.begin(), texts.end());
}

json::object toJson(const TextMap& map)
{
    json::object object;
    for (const auto& [name, value] : map) object[name] = value;
    return object;
}

template<class T>
json::value orNull(const std::optional<T>& value)
{
    if (!value) return nullptr;
    return toJson(*value);
}

json::value orNull(const std::vector<std::string>& texts)
{
    if (texts.empty()) return nullptr;
    return toJson(texts);
}

/// What is known of the mount. Nothing if it was unmounted.
void addMount(json::object& data, const Alias& alias, const MountNames& mounts)
{
    data["mount_accessor"] = alias.mountAccessor;
    const auto* entry = mounts.find(alias.mountAccessor);
    if (!entry) return;
    data["mount_path"] = entry->path;
    data["mount_type"] = entry->type;
}

} // namespace

json::object describe(const Alias& alias, const MountNames& mounts)
{
    json::object data{{"id", alias.id},
                      {"canonical_id", alias.canonicalId},
                      {"name", alias.name},
                      {"metadata", orNull(alias.metadata)},
                      {"custom_metadata", orNull(alias.customMetadata)},
                      {"local", alias.isLocal},
                      {"merged_from_canonical_ids", orNull(alias.mergedFrom)},
                      {"creation_time", toRfc3339(alias.createdAt)},
                      {"last_update_time", toRfc3339(alias.updatedAt)}};
    addMount(data, alias, mounts);
    return data;
}

json::object describeAlone(const Alias& alias, const MountNames& mounts)
{
    auto data = describe(alias, mounts);
    data["namespace_id"] = "root";
    return data;
}

json::object aliasInfo(const Alias& alias, const MountNames& mounts)
{
    json::object info{{"name", alias.name},
                      {"canonical_id", alias.canonicalId},
                      {"metadata", orNull(alias.metadata)},
                      {"custom_metadata", orNull(alias.customMetadata)},
                      {"local", alias.isLocal}};
    addMount(info, alias, mounts);
    return info;
}

Result<json::object> describe(const Entity& entity, const GroupRows& groups, const MountNames& mounts)
{
    auto membership = membershipOf(groups, entity.id);
    if (!membership) return std::move(membership).error();
    json::array direct;
    json::array inherited;
    json::array all;
    for (const auto& group : membership->direct) {
        direct.emplace_back(group.id);
        all.emplace_back(group.id);
    }
    for (const auto& group : membership->inherited) {
        inherited.emplace_back(group.id);
        all.emplace_back(group.id);
    }
    json::array aliases;
    for (const auto& alias : entity.aliases) aliases.push_back(describe(alias, mounts));
    return json::object{{"id", entity.id},
                        {"name", entity.name},
                        {"metadata", orNull(entity.metadata)},
                        {"policies", toJson(entity.policies)},
                        {"disabled", entity.isDisabled},
                        {"namespace_id", "root"},
                        {"merged_entity_ids", orNull(entity.mergedIds)},
                        {"creation_time", toRfc3339(entity.createdAt)},
                        {"last_update_time", toRfc3339(entity.updatedAt)},
                        {"direct_group_ids", std::move(direct)},
                        {"inherited_group_ids", std::move(inherited)},
                        {"group_ids", std::move(all)},
                        {"aliases", std::move(aliases)}};
}

json::object describe(const Group& group, const MountNames& mounts)
{
    json::object alias;
    if (group.alias) {
        alias = describe(*group.alias, mounts);
        alias.erase("local");
        alias.erase("custom_metadata");
    }
    return {{"id", group.id},
            {"name", group.name},
            {"type", group.isExternal ? "external" : "internal"},
            {"metadata", orNull(group.metadata)},
            {"policies", orNull(group.policies)},
            {"member_entity_ids", orNull(group.memberEntityIds)},
            {"member_group_ids", orNull(group.memberGroupIds)},
            {"parent_group_ids", orNull(group.parentGroupIds)},
            {"modify_index", group.modifyIndex},
            {"namespace_id", "root"},
            {"creation_time", toRfc3339(group.createdAt)},
            {"last_update_time", toRfc3339(group.updatedAt)},
            {"alias", std::move(alias)}};
}

json::object entityInfo(const Entity& entity, const MountNames& mounts)
{
    json::object info{{"name", entity.name}};
    if (entity.aliases.empty()) return info;
    json::array aliases;
    for (const auto& alias : entity.aliases) {
        json::object row{{"id", alias.id}, {"name", alias.name}};
        addMount(row, alias, mounts);
        aliases.push_back(std::move(row));
    }
    info["aliases"] = std::move(aliases);
    return info;
}

json::object groupInfo(const Group& group, const MountNames& mounts)
{
    json::object info{{"name", group.name},
                      {"num_member_entities", group.memberEntityIds ? group.memberEntityIds->size() : 0},
                      {"num_parent_groups", group.parentGroupIds ? group.parentGroupIds->size() : 0}};
    if (!group.alias) return info;
    json::object row{{"id", group.alias->id}, {"name", group.alias->name}};
    addMount(row, *group.alias, mounts);
    info["alias"] = std::move(row);
    return info;
}

} // namespace core::identity
