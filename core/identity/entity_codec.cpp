#include "core/identity/entity_codec.h"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_to.hpp>

namespace core::identity {
namespace {

namespace json = boost::json;
using Texts = std::vector<std::string>;

json::array toJson(const Texts& texts)
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
void addIfSet(json::object& object, std::string_view name, const std::optional<T>& value)
{
    if (value) object[name] = toJson(*value);
}

json::object toJson(const Alias& alias)
{
    json::object object{{"id", alias.id},
                        {"canonical_id", alias.canonicalId},
                        {"mount_accessor", alias.mountAccessor},
                        {"name", alias.name},
                        {"merged_from", toJson(alias.mergedFrom)},
                        {"created", alias.createdAt.time_since_epoch().count()},
                        {"updated", alias.updatedAt.time_since_epoch().count()}};
    addIfSet(object, "metadata", alias.metadata);
    addIfSet(object, "custom_metadata", alias.customMetadata);
    return object;
}

/// Reads the members of a stored row. A missing member, or one of another type, throws.
class Reader {
public:
    explicit Reader(const json::object& from) : m_from{from} {}

    std::string text(std::string_view name) const { return json::value_to<std::string>(m_from.at(name)); }
    bool flag(std::string_view name) const { return m_from.at(name).as_bool(); }
    std::uint64_t number(std::string_view name) const { return m_from.at(name).to_number<std::uint64_t>(); }
    WallTime time(std::string_view name) const { return WallTime{std::chrono::nanoseconds{m_from.at(name).to_number<std::int64_t>()}}; }
    Texts list(std::string_view name) const { return json::value_to<Texts>(m_from.at(name)); }
    std::optional<Texts> listIfSet(std::string_view name) const { return m_from.contains(name) ? std::optional{list(name)} : std::nullopt; }
    std::optional<TextMap> mapIfSet(std::string_view name) const
    {
        return m_from.contains(name) ? std::optional{json::value_to<TextMap>(m_from.at(name))} : std::nullopt;
    }
    const json::object* objectIfSet(std::string_view name) const
    {
        const auto* value = m_from.if_contains(name);
        return value ? &value->as_object() : nullptr;
    }
    const json::array& array(std::string_view name) const { return m_from.at(name).as_array(); }

private:
    const json::object& m_from;
};

Alias readAlias(const Reader& from)
{
    Alias alias;
    alias.id = from.text("id");
    alias.canonicalId = from.text("canonical_id");
    alias.mountAccessor = from.text("mount_accessor");
    alias.name = from.text("name");
    alias.metadata = from.mapIfSet("metadata");
    alias.customMetadata = from.mapIfSet("custom_metadata");
    alias.mergedFrom = from.list("merged_from");
    alias.createdAt = from.time("created");
    alias.updatedAt = from.time("updated");
    return alias;
}

Entity readEntity(const Reader& from)
{
    Entity entity;
    entity.id = from.text("id");
    entity.name = from.text("name");
    entity.metadata = from.mapIfSet("metadata");
    entity.policies = from.list("policies");
    entity.isDisabled = from.flag("disabled");
    for (const auto& alias : from.array("aliases")) entity.aliases.push_back(readAlias(Reader{alias.as_object()}));
    entity.mergedIds = from.list("merged_ids");
    entity.createdAt = from.time("created");
    entity.updatedAt = from.time("updated");
    return entity;
}

Group readGroup(const Reader& from)
{
    Group group;
    group.id = from.text("id");
    group.name = from.text("name");
    group.isExternal = from.flag("external");
    group.metadata = from.mapIfSet("metadata");
    group.policies = from.listIfSet("policies");
    group.memberEntityIds = from.listIfSet("member_entity_ids");
    group.memberGroupIds = from.listIfSet("member_group_ids");
    group.parentGroupIds = from.listIfSet("parent_group_ids");
    if (const auto* alias = from.objectIfSet("alias")) group.alias = readAlias(Reader{*alias});
    group.modifyIndex = from.number("modify_index");
    group.createdAt = from.time("created");
    group.updatedAt = from.time("updated");
    return group;
}

template<class Read>
auto decode(std::string_view text, const char* what, const Read& read) -> Result<decltype(read(std::declval<const Reader&>()))>
try {
    const auto value = json::parse(text);
    return read(Reader{value.as_object()});
} catch (const std::exception&) {
    return Error{ErrorCode::Corrupt, std::string{"a stored "} + what + " is damaged"};
}

} // namespace

std::string encodeEntity(const Entity& entity)
{
    json::array aliases;
    for (const auto& alias : entity.aliases) {
        if (!alias.isLocal) aliases.push_back(toJson(alias));
    }
    json::object object{{"id", entity.id},
                        {"name", entity.name},
                        {"policies", toJson(entity.policies)},
                        {"disabled", entity.isDisabled},
                        {"aliases", std::move(aliases)},
                        {"merged_ids", toJson(entity.mergedIds)},
                        {"created", entity.createdAt.time_since_epoch().count()},
                        {"updated", entity.updatedAt.time_since_epoch().count()}};
    addIfSet(object, "metadata", entity.metadata);
    return json::serialize(object);
}

Result<Entity> decodeEntity(std::string_view text)
{
    return decode(text, "entity", readEntity);
}

std::string encodeAlias(const Alias& alias)
{
    return json::serialize(toJson(alias));
}

Result<Alias> decodeAlias(std::string_view text)
{
    return decode(text, "alias", readAlias);
}

std::string encodeGroup(const Group& group)
{
    json::object object{{"id", group.id},
                        {"name", group.name},
                        {"external", group.isExternal},
                        {"modify_index", group.modifyIndex},
                        {"created", group.createdAt.time_since_epoch().count()},
                        {"updated", group.updatedAt.time_since_epoch().count()}};
    addIfSet(object, "metadata", group.metadata);
    addIfSet(object, "policies", group.policies);
    addIfSet(object, "member_entity_ids", group.memberEntityIds);
    addIfSet(object, "member_group_ids", group.memberGroupIds);
    addIfSet(object, "parent_group_ids", group.parentGroupIds);
    if (group.alias) object["alias"] = toJson(*group.alias);
    return json::serialize(object);
}

Result<Group> decodeGroup(std::string_view text)
{
    return decode(text, "group", readGroup);
}

} // namespace core::identity
