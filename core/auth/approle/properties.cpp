#include "core/auth/approle/routes.h"

#include <boost/json/array.hpp>

namespace core::auth::approle {
namespace {

namespace json = boost::json;
using mount::Fields;
using mount::Response;
using route::Call;
using route::FieldType;
using route::Verb;

/// A field of a role that has a path of its own.
struct Property {
    const char* path; // below role/:name/
    route::Field field;
    const char* olderName; // also taken, or null
    bool isRequired;       // a write without the field is refused
    std::optional<Response> (*set)(const json::object& data, Role& role);
    void (*reset)(Role& role); // what DELETE does
    void (*show)(const Role& role, json::object& data);
};

std::optional<Response> applyToken(const json::object& data, Role& role)
{
    return role.token.apply(data);
}

json::value listOrNull(const std::vector<std::string>& items)
{
    if (items.empty()) return nullptr;
    return json::array(items.begin(), items.end());
}

/// Shows a `token_*` field, under its older name too if it was set by that.
template<class Value>
void showBoth(const Role& role, json::object& data, const std::string& olderName, const Value& value)
{
    data["token_" + olderName] = value;
    if (role.token.oldNames.contains(olderName)) data[olderName] = value;
}

std::optional<Response> setNetworks(const json::object& data, Role& role, std::string_view name)
{
    Fields fields{data};
    const auto networks = fields.list(name);
    if (fields.refusal()) return fields.refusal();
    if (!networks) return std::nullopt;
    if (auto fault = networksFault(*networks); !fault.empty()) return Response::badRequest("failed to validate CIDR blocks: " + fault);
    role.secretIdCidrs = *networks;
    return std::nullopt;
}

/// The texts of the two TTL paths differ from those of the whole role.
std::optional<Response> setTtl(const json::object& data, Role& role, std::string_view name)
{
    Fields fields{data};
    const auto value = fields.wholeSeconds(name);
    if (fields.refusal()) return fields.refusal();
    const bool isMax = name == "token_max_ttl";
    const auto ttl = isMax ? role.token.ttl : *value;
    const auto maxTtl = isMax ? *value : role.token.maxTtl;
    if (maxTtl.count() > 0 && ttl > maxTtl) {
        return Response::badRequest(isMax ? "token_max_ttl should be greater than or equal to token_ttl"
                                          : "token_ttl should not be greater than token_max_ttl");
    }
    role.token.ttl = ttl;
    role.token.maxTtl = maxTtl;
    return std::nullopt;
}

const std::vector<Property>& properties()
{
    static const std::vector<Property> all{
        {"policies",
         {"token_policies", FieldType::TextList, "The policies of the role's tokens."},
         "policies",
         true,
         applyToken,
         [](Role& role) {
             role.token.policies.clear();
             role.token.oldNames.erase("policies");
         },
         [](const Role& role, json::object& data) {
             showBoth(role, data, "policies", json::array(role.token.policies.begin(), role.token.policies.end()));
         }},
        {"bind-secret-id",
         {"bind_secret_id", FieldType::Boolean, "A login needs a secret id."},
         nullptr,
         true,
         [](const json::object& data, Role& role) {
             Fields fields{data};
             role.isSecretIdBound = fields.booleanOr("bind_secret_id", role.isSecretIdBound);
             return fields.refusal();
         },
         [](Role& role) { role.isSecretIdBound = true; },
         [](const Role& role, json::object& data) { data["bind_secret_id"] = role.isSecretIdBound; }},
        {"secret-id-num-uses",
         {"secret_id_num_uses", FieldType::Integer, "After how many logins a secret id ends; 0 is never."},
         nullptr,
         true,
         [](const json::object& data, Role& role) -> std::optional<Response> {
             Fields fields{data};
             role.secretIdUses = fields.integer("secret_id_num_uses").value_or(0);
             if (fields.refusal()) return fields.refusal();
             if (role.secretIdUses < 0) return Response::badRequest("secret_id_num_uses cannot be negative");
             return std::nullopt;
         },
         [](Role& role) { role.secretIdUses = 0; },
         [](const Role& role, json::object& data) { data["secret_id_num_uses"] = role.secretIdUses; }},
        {"secret-id-ttl",
         {"secret_id_ttl", FieldType::Duration, "How long a secret id lives; 0 is without end."},
         nullptr,
         true,
         [](const json::object& data, Role& role) {
             Fields fields{data};
             role.secretIdTtl = fields.wholeSeconds("secret_id_ttl").value_or(std::chrono::seconds{0});
             return fields.refusal();
         },
         [](Role& role) { role.secretIdTtl = {}; },
         [](const Role& role, json::object& data) { data["secret_id_ttl"] = role.secretIdTtl.count(); }},
        {"secret-id-bound-cidrs",
         {"secret_id_bound_cidrs", FieldType::TextList, "The networks from which a login may come."},
         nullptr,
         false,
         [](const json::object& data, Role& role) { return setNetworks(data, role, "secret_id_bound_cidrs"); },
         [](Role& role) { role.secretIdCidrs.clear(); },
         [](const Role& role, json::object& data) { data["secret_id_bound_cidrs"] = listOrNull(role.secretIdCidrs); }},
        {"bound-cidr-list",
         {"bound_cidr_list", FieldType::TextList, "The older name of `secret_id_bound_cidrs`."},
         nullptr,
         true,
         [](const json::object& data, Role& role) { return setNetworks(data, role, "bound_cidr_list"); },
         [](Role& role) { role.secretIdCidrs.clear(); },
         [](const Role& role, json::object& data) { data["bound_cidr_list"] = listOrNull(role.secretIdCidrs); }},
        {"token-bound-cidrs",
         {"token_bound_cidrs", FieldType::TextList, "The networks from which the role's tokens can be used."},
         nullptr,
         false,
         applyToken,
         [](Role& role) { role.token.boundCidrs.clear(); },
         [](const Role& role, json::object& data) { data["token_bound_cidrs"] = listOrNull(role.token.boundCidrs); }},
        {"period",
         {"token_period", FieldType::Duration, "Tokens can be renewed without end, each time by this period."},
         "period",
         true,
         applyToken,
         [](Role& role) {
             role.token.period = {};
             role.token.oldNames.erase("period");
         },
         [](const Role& role, json::object& data) { showBoth(role, data, "period", role.token.period.count()); }},
        {"token-num-uses",
         {"token_num_uses", FieldType::Integer, "After how many requests a token ends; 0 is never."},
         nullptr,
         true,
         applyToken,
         [](Role& role) { role.token.useCount = 0; },
         [](const Role& role, json::object& data) { data["token_num_uses"] = role.token.useCount; }},
        {"token-ttl",
         {"token_ttl", FieldType::Duration, "How long a token lives until it is renewed; 0 is the mount's."},
         nullptr,
         true,
         [](const json::object& data, Role& role) { return setTtl(data, role, "token_ttl"); },
         [](Role& role) { role.token.ttl = {}; },
         [](const Role& role, json::object& data) { data["token_ttl"] = role.token.ttl.count(); }},
        {"token-max-ttl",
         {"token_max_ttl", FieldType::Duration, "How long renewals can prolong a token; 0 is the mount's."},
         nullptr,
         true,
         [](const json::object& data, Role& role) { return setTtl(data, role, "token_max_ttl"); },
         [](Role& role) { role.token.maxTtl = {}; },
         [](const Role& role, json::object& data) { data["token_max_ttl"] = role.token.maxTtl.count(); }},
    };
    return all;
}

Result<Response> readProperty(Call& call, void (*show)(const Role&, json::object&))
{
    auto role = findRole(call.context, roleNameOf(call));
    if (!role) return role.error();
    if (!*role) return Response{};
    json::object data;
    show(**role, data);
    auto response = Response::ofData(std::move(data));
    if (response.data->contains("bound_cidr_list")) {
        response.warnings.emplace_back(
            R"(The "bound_cidr_list" field is deprecated and will be removed. Please use "secret_id_bound_cidrs" instead.)");
    }
    return response;
}

/// The members of the body that the path takes.
json::object ownFields(const json::object& data, const Property& property)
{
    json::object own;
    for (const auto name : {property.field.name, std::string_view{property.olderName ? property.olderName : ""}}) {
        const auto* value = data.if_contains(name);
        if (value && !value->is_null()) own[name] = *value;
    }
    return own;
}

/// `missing token_policies`; the path of the period names its older field.
std::string missingText(const Property& property)
{
    return "missing " + std::string{property.field.name == "token_period" ? "period" : property.field.name};
}

Result<Response> writeProperty(Call& call, const Property& property)
{
    auto found = findRole(call.context, roleNameOf(call));
    if (!found) return found.error();
    if (!*found) return mount::unsupportedPath();
    const auto own = ownFields(call.request.data, property);
    if (own.empty()) return property.isRequired ? Response::badRequest(missingText(property)) : Response{};
    Role& role = **found;
    if (auto refused = property.set(own, role)) return *refused;
    return keepRole(call, role, role.roleId);
}

Result<Response> deleteProperty(Call& call, const Property& property)
{
    auto found = findRole(call.context, roleNameOf(call));
    if (!found) return found.error();
    if (!*found) return Response{};
    property.reset(**found);
    return keepRole(call, **found, (*found)->roleId);
}

void addProperty(route::RouteTable& table, const Property& property)
{
    const std::string pattern = std::string{"role/<role_name>/"} + property.path;
    route::FieldList fields{property.field};
    if (property.olderName) fields.push_back({property.olderName, property.field.type, "The older name of the field."});
    table.add({.verbs = Verb::Write,
               .pattern = pattern,
               .handle = [&property](Call& call) { return writeProperty(call, property); },
               .fields = fields,
               .help = "Changes, reads or resets one field of a role: `" + std::string{property.field.name} + "`."});
    table.add({.verbs = Verb::Read, .pattern = pattern, .handle = [&property](Call& call) { return readProperty(call, property.show); }});
    table.add({.verbs = Verb::Delete, .pattern = pattern, .handle = [&property](Call& call) { return deleteProperty(call, property); }});
}

Result<Response> writeRoleId(Call& call)
{
    auto found = findRole(call.context, roleNameOf(call));
    if (!found) return found.error();
    if (!*found) return mount::unsupportedPath();
    const auto roleId = call.fields.textOr("role_id", {});
    if (call.fields.refusal()) return *call.fields.refusal();
    if (roleId.empty()) return Response::badRequest("missing role_id");
    if (roleId.size() > kIdBytesMax) return Response::badRequest("role_id is longer than maximum of 4096 bytes");
    const auto formerId = std::exchange((*found)->roleId, roleId);
    return keepRole(call, **found, formerId);
}

} // namespace

void addRolePropertyRoutes(route::RouteTable& table)
{
    for (const auto& property : properties()) addProperty(table, property);
    table.add({.verbs = Verb::Read,
               .pattern = "role/<role_name>/local-secret-ids",
               .handle =
                   [](Call& call) {
                       return readProperty(call, [](const Role& role, json::object& data) { data["local_secret_ids"] = role.hasLocalSecretIds; });
                   },
               .help = "Shows whether each cluster has secret ids of its own."});
    const route::FieldList roleId{{"role_id", FieldType::Text, "The id that logins name."}};
    table.add({.verbs = Verb::Read,
               .pattern = "role/<role_name>/role-id",
               .handle = [](Call& call) { return readProperty(call, [](const Role& role, json::object& data) { data["role_id"] = role.roleId; }); },
               .help = "Shows or changes the id that logins name. A former id ends at once."});
    table.add({.verbs = Verb::Write, .pattern = "role/<role_name>/role-id", .handle = writeRoleId, .fields = roleId});
}

} // namespace core::auth::approle
