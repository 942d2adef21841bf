#include "core/auth/approle/routes.h"

#include "core/base/ascii.h"
#include "core/base/cidr.h"
#include "core/base/duration.h"
#include "core/base/go_text.h"
#include "core/base/name.h"

#include <boost/json/array.hpp>

#include <algorithm>

namespace core::auth::approle {
namespace {

namespace json = boost::json;
using mount::Response;
using route::Call;
using route::FieldList;
using route::FieldType;
using route::Verb;

constexpr std::string_view kRolePattern = "role/<role_name>";

/// Of the older names that other methods take, approle has two: `policies` and `period`.
constexpr std::array<std::string_view, 3> kForeignNames{"ttl", "max_ttl", "bound_cidrs"};

json::object tokenFieldsOf(const json::object& data)
{
    json::object own = data;
    for (const auto name : kForeignNames) own.erase(name);
    return own;
}

/// The fields of the role itself. A refusal, or nothing.
std::optional<Response> applyOwnFields(Call& call, Role& role, bool isNew)
{
    auto& fields = call.fields;
    const auto isBound = fields.boolean("bind_secret_id");
    const auto networks = fields.has("secret_id_bound_cidrs") ? fields.list("secret_id_bound_cidrs") : fields.list("bound_cidr_list");
    const auto uses = fields.integer("secret_id_num_uses");
    const auto ttl = fields.wholeSeconds("secret_id_ttl");
    const auto isLocal = fields.boolean("local_secret_ids");
    const auto roleId = fields.text("role_id");
    if (fields.refusal()) return fields.refusal();
    if (isLocal && !isNew) return Response::badRequest("local_secret_ids can only be modified during role creation");
    if (networks) {
        if (auto fault = networksFault(*networks); !fault.empty()) return Response::badRequest("invalid CIDR blocks: " + fault);
        role.secretIdCidrs = *networks;
    }
    if (uses && *uses < 0) return Response::badRequest("secret_id_num_uses cannot be negative");
    if (roleId && (roleId->empty() || roleId->size() > kIdBytesMax)) {
        return Response::badRequest("invalid role_id supplied, or failed to generate a role_id");
    }
    role.isSecretIdBound = isBound.value_or(role.isSecretIdBound);
    role.secretIdUses = uses.value_or(role.secretIdUses);
    role.secretIdTtl = ttl.value_or(role.secretIdTtl);
    role.hasLocalSecretIds = isLocal.value_or(role.hasLocalSecretIds);
    role.roleId = roleId.value_or(role.roleId);
    return std::nullopt;
}

/// The types that leave the choice to the caller mean nothing here.
void adjustTokenType(Role& role, std::vector<std::string>& warnings)
{
    constexpr std::string_view kPrefix = "default-";
    auto& type = role.token.tokenType;
    if (!type.starts_with(kPrefix)) return;
    const auto adjusted = type.substr(kPrefix.size());
    warnings.push_back(type + " has no useful meaning; adjusting to " + adjusted);
    type = adjusted;
}

Result<Response> writeRole(Call& call)
{
    if (call.part("role_name").size() > kIdBytesMax) return Response::badRequest("role_name is longer than maximum of 4096 bytes");
    const auto name = roleNameOf(call);
    auto found = findRole(call.context, name);
    if (!found) return found.error();
    const bool isNew = !found->has_value();
    if (auto why = nameRefusal("the role's name", name); isNew && !why.empty()) return Response::badRequest(std::move(why));
    Role role = isNew ? newRole(call.context, name) : std::move(**found);
    const auto formerId = isNew ? std::string{} : role.roleId;
    if (auto refused = applyOwnFields(call, role, isNew)) return *refused;
    if (auto refused = role.token.apply(tokenFieldsOf(call.request.data))) return *refused;
    std::vector<std::string> warnings;
    adjustTokenType(role, warnings);
    auto answer = keepRole(call, role, formerId);
    if (answer && !answer->isError) answer->warnings.insert(answer->warnings.begin(), warnings.begin(), warnings.end());
    return answer;
}

Result<Response> readRole(Call& call)
{
    auto role = findRole(call.context, roleNameOf(call));
    if (!role) return role.error();
    if (!*role) return Response{};
    const Role& found = **role;
    json::object data{{"bind_secret_id", found.isSecretIdBound},
                      {"local_secret_ids", found.hasLocalSecretIds},
                      {"secret_id_num_uses", found.secretIdUses},
                      {"secret_id_ttl", found.secretIdTtl.count()},
                      {"secret_id_bound_cidrs", nullptr}};
    if (!found.secretIdCidrs.empty()) {
        data["secret_id_bound_cidrs"] = json::array(found.secretIdCidrs.begin(), found.secretIdCidrs.end());
    }
    found.token.describe(data);
    return Response::ofData(std::move(data));
}

Result<Response> deleteRole(Call& call)
{
    auto role = findRole(call.context, roleNameOf(call));
    if (!role) return role.error();
    if (*role) {
        if (auto erased = eraseRole(call.context, **role); !erased) return erased.error();
    }
    return Response{};
}

Result<Response> listRoles(Call& call)
{
    auto names = roleNames(call.context);
    if (!names) return names.error();
    return mount::keysAnswer(*names);
}

Result<bool> hasRole(Call& call)
{
    auto role = findRole(call.context, roleNameOf(call));
    if (!role) return role.error();
    return role->has_value();
}

FieldList roleFields()
{
    FieldList fields{{"bind_secret_id", FieldType::Boolean, "A login needs a secret id.", "true"},
                     {"secret_id_bound_cidrs", FieldType::TextList, "The networks from which a login may come."},
                     {"bound_cidr_list", FieldType::TextList, "The older name of `secret_id_bound_cidrs`."},
                     {"secret_id_num_uses", FieldType::Integer, "After how many logins a secret id ends; 0 is never.", "0"},
                     {"secret_id_ttl", FieldType::Duration, "How long a secret id lives; 0 is without end.", "0"},
                     {"local_secret_ids", FieldType::Boolean, "Each cluster has secret ids of its own. Chosen when the role is made.", "false"},
                     {"role_id", FieldType::Text, "The id that logins name. Random by default."}};
    for (const auto& field : tokenFields()) {
        if (std::ranges::find(kForeignNames, field.name) == kForeignNames.end()) fields.push_back(field);
    }
    return fields;
}

} // namespace

std::string roleNameOf(const Call& call)
{
    return lowerCased(call.part("role_name"));
}

std::string missingRoleText(std::string_view name)
{
    return "role " + goQuoted(name) + " does not exist";
}

std::string networksFault(const std::vector<std::string>& networks)
{
    for (const auto& network : networks) {
        const bool hasLength = network.find('/') != std::string::npos;
        if (!hasLength || !normalizedCidr(network)) return "invalid CIDR address: " + network.substr(0, kNameBytesMax);
    }
    return {};
}

Result<Response> keepRole(Call& call, const Role& role, std::string_view formerId)
{
    if (!role.hasConstraint()) return Response::badRequest("at least one constraint should be enabled on the role");
    const auto mountMax = call.context.maxLeaseTtl;
    if (role.token.period > mountMax) {
        return Response::badRequest("period of " + goQuoted(toGoDuration(role.token.period)) +
                                    " is greater than the backend's maximum lease TTL of " + goQuoted(toGoDuration(mountMax)));
    }
    if (role.roleId != formerId) {
        auto owner = findRoleById(call.context, role.roleId);
        if (!owner) return owner.error();
        if (*owner && (*owner)->name != role.name) return Response::badRequest("role_id already in use");
    }
    if (auto stored = storeRole(call.context, role, formerId); !stored) return stored.error();
    Response response;
    if (role.token.maxTtl > mountMax) {
        response.warnings.emplace_back(
            "token_max_ttl is greater than the backend mount's maximum TTL value; issued tokens' max TTL value will be truncated");
    }
    return response;
}

void addRoleRoutes(route::RouteTable& table)
{
    table.add({.verbs = Verb::List, .pattern = "role", .handle = listRoles, .fields = route::kNoFields, .help = "Lists the roles."});
    table.add({.verbs = Verb::Write,
               .pattern = std::string{kRolePattern},
               .handle = writeRole,
               .exists = hasRole,
               .fields = roleFields(),
               .help = "Creates, changes, reads or deletes a role: what its secret ids may do, and the `token_*` fields of its tokens."});
    table.add({.verbs = Verb::Read, .pattern = std::string{kRolePattern}, .handle = readRole, .fields = route::kNoFields});
    table.add({.verbs = Verb::Delete, .pattern = std::string{kRolePattern}, .handle = deleteRole});
}

} // namespace core::auth::approle
