#include "core/auth/token/token_role.h"

#include "core/auth/token_parameters.h"
#include "core/base/ascii.h"
#include "core/base/cidr.h"
#include "core/base/name.h"

#include <boost/json.hpp>

#include <algorithm>

namespace core::auth {
namespace {

namespace json = boost::json;
using mount::Fields;
using mount::Response;
using std::chrono::seconds;

json::array toArray(const std::vector<std::string>& items)
{
    json::array array;
    for (const auto& item : items) array.emplace_back(item);
    return array;
}

bool isWordCharacter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// \w[\w-]+\w
bool isPathSuffix(std::string_view text)
{
    if (text.size() < 3 || !isWordCharacter(text.front()) || !isWordCharacter(text.back())) return false;
    return std::all_of(text.begin(), text.end(), [](char c) { return isWordCharacter(c) || c == '-'; });
}

bool isTokenType(std::string_view text)
{
    return text == "service" || text == "batch" || text == "default-service" || text == "default-batch";
}

/// One value under its present and its deprecated name; the present one wins, with a warning.
template<class Read>
auto twin(Fields& fields, std::string_view name, std::string_view oldName, std::vector<std::string>& warnings, Read read)
{
    if (fields.has(name) && fields.has(oldName)) {
        warnings.push_back("Both '" + std::string{name} + "' and deprecated '" + std::string{oldName} +
                           "' value supplied, ignoring the deprecated value");
    }
    return read(fields.has(name) ? name : oldName);
}

} // namespace

bool globMatches(std::string_view pattern, std::string_view text)
{
    std::size_t at = 0;
    std::size_t read = 0;
    std::optional<std::size_t> star; // the last '*' and the position in the text at that time
    std::size_t starRead = 0;
    while (read < text.size()) {
        if (at < pattern.size() && pattern[at] == '*') {
            star = at++;
            starRead = read;
        } else if (at < pattern.size() && pattern[at] == text[read]) {
            ++at;
            ++read;
        } else if (star) {
            at = *star + 1; // let the '*' take one more
            read = ++starRead;
        } else {
            return false;
        }
    }
    while (at < pattern.size() && pattern[at] == '*') ++at;
    return at == pattern.size();
}

std::optional<Response> TokenRole::apply(const json::object& data, std::vector<std::string>& warnings)
{
    Fields fields{data};
    if (auto list = fields.list("allowed_policies")) allowedPolicies = normalizedPolicies(*list);
    if (auto list = fields.list("disallowed_policies")) disallowedPolicies = normalizedPolicies(*list);
    if (auto list = fields.list("allowed_policies_glob")) allowedPoliciesGlob = normalizedPolicies(*list);
    if (auto list = fields.list("disallowed_policies_glob")) disallowedPoliciesGlob = normalizedPolicies(*list);
    if (auto list = fields.list("allowed_entity_aliases")) {
        allowedEntityAliases = *list;
        for (auto& alias : allowedEntityAliases) alias = lowerCased(alias);
    }
    if (auto value = fields.boolean("orphan")) isOrphan = *value;
    if (auto value = fields.boolean("renewable")) isRenewable = *value;
    if (auto value = fields.boolean("token_no_default_policy")) hasNoDefaultPolicy = *value;
    if (auto value = fields.integer("token_num_uses")) {
        if (*value < 0) return Response::badRequest("error parsing role fields: 'token_num_uses' cannot be negative");
        useCount = *value;
    }
    const auto wholeSeconds = [&](std::string_view name) { return fields.wholeSeconds(name); };
    if (auto value = twin(fields, "token_period", "period", warnings, wholeSeconds)) {
        period = *value;
    }
    if (auto value = twin(fields, "token_explicit_max_ttl", "explicit_max_ttl", warnings, wholeSeconds)) {
        explicitMaxTtl = *value;
    }
    const auto list = [&](std::string_view name) { return fields.list(name); };
    if (auto value = twin(fields, "token_bound_cidrs", "bound_cidrs", warnings, list)) {
        const std::string start = fields.has("token_bound_cidrs") ? "error parsing role fields: " : "error parsing bound_cidrs: ";
        boundCidrs.clear();
        for (const auto& text : *value) {
            auto cidr = normalizedCidr(text);
            if (!cidr) return Response::badRequest(start + addressRefusal(text));
            boundCidrs.push_back(std::move(*cidr));
        }
    }
    if (auto value = fields.text("path_suffix")) {
        if (!value->empty() && !isPathSuffix(*value)) {
            return Response::badRequest("given role path suffix contains invalid characters; must match \\w[\\w-]+\\w");
        }
        pathSuffix = *value;
    }
    if (auto value = fields.text("token_type")) {
        if (*value == "default" || value->empty()) *value = "default-service";
        if (!isTokenType(*value)) return Response::badRequest("invalid 'token_type' value \"" + *value + "\"");
        tokenType = *value;
    }
    if (fields.refusal()) return fields.refusal();
    if (tokenType == "batch") {
        const std::string start = "'token_type' cannot be 'batch' when role is set to generate ";
        if (!isOrphan) return Response::badRequest(start + "non-orphan tokens");
        if (period > seconds{0}) return Response::badRequest(start + "periodic tokens");
        if (isRenewable) return Response::badRequest(start + "renewable tokens");
        if (explicitMaxTtl > seconds{0}) return Response::badRequest(start + "tokens with an explicit max TTL");
    }
    return std::nullopt;
}

json::object TokenRole::describe() const
{
    return {{"name", name},
            {"allowed_policies", toArray(allowedPolicies)},
            {"disallowed_policies", toArray(disallowedPolicies)},
            {"allowed_policies_glob", toArray(allowedPoliciesGlob)},
            {"disallowed_policies_glob", toArray(disallowedPoliciesGlob)},
            {"allowed_entity_aliases", toArray(allowedEntityAliases)},
            {"orphan", isOrphan},
            {"renewable", isRenewable},
            {"path_suffix", pathSuffix},
            {"token_type", tokenType},
            {"token_period", period.count()},
            {"token_explicit_max_ttl", explicitMaxTtl.count()},
            {"token_bound_cidrs", toArray(boundCidrs)},
            {"token_num_uses", useCount},
            {"token_no_default_policy", hasNoDefaultPolicy},
            {"period", period.count()},
            {"explicit_max_ttl", explicitMaxTtl.count()},
            {"bound_cidrs", toArray(boundCidrs)}};
}

Result<std::optional<TokenRole>> loadTokenRole(const mount::Context& context, std::string_view name)
{
    auto text = context.storage.get("roles/" + std::string{name});
    if (!text) return text.error();
    if (!*text) return std::optional<TokenRole>{};
    boost::system::error_code failed;
    const auto value = json::parse(**text, failed);
    if (failed || !value.is_object()) return Error{ErrorCode::Corrupt, "token role is not a JSON object"};
    TokenRole role;
    role.name = name;
    // The stored form is what a read shows, without the deprecated fields. So loading it is the same as applying it.
    std::vector<std::string> warnings;
    if (role.apply(value.as_object(), warnings)) return Error{ErrorCode::Corrupt, "token role has members of other types"};
    return std::optional<TokenRole>{std::move(role)};
}

namespace {

using route::Call;
using route::FieldType;
using route::Verb;

constexpr std::string_view kFolder = "roles/";

const route::FieldList kRoleFields{
    {"allowed_policies", FieldType::TextList, "The policies that a token of the role may have."},
    {"disallowed_policies", FieldType::TextList, "The policies that it must not have."},
    {"allowed_policies_glob", FieldType::TextList, "As `allowed_policies`, with `*` for any text."},
    {"disallowed_policies_glob", FieldType::TextList, "As `disallowed_policies`, with `*` for any text."},
    {"allowed_entity_aliases", FieldType::TextList, "The aliases that a creation may ask for."},
    {"orphan", FieldType::Boolean, "Tokens of the role have no parent.", "false"},
    {"renewable", FieldType::Boolean, "Tokens of the role can be renewed.", "true"},
    {"path_suffix", FieldType::Text, "Follows the role's name in the path of its tokens, so that they can be revoked by this path."},
    {"token_type", FieldType::Text, "`service`, `batch`, `default-service` or `default-batch`.", "\"default-service\""},
    {"token_period", FieldType::Duration, "Tokens can be renewed without end, each time by this period.", "0"},
    {"token_explicit_max_ttl", FieldType::Duration, "When a token ends, renewed or not.", "0"},
    {"token_bound_cidrs", FieldType::TextList, "The networks from which a token may be used."},
    {"token_num_uses", FieldType::Integer, "After how many requests a token ends; 0 is never.", "0"},
    {"token_no_default_policy", FieldType::Boolean, "Tokens do not get the policy `default`.", "false"},
    {"period", FieldType::Duration, "The older name of `token_period`."},
    {"explicit_max_ttl", FieldType::Duration, "The older name of `token_explicit_max_ttl`."},
    {"bound_cidrs", FieldType::TextList, "The older name of `token_bound_cidrs`."}};

std::string keyOf(const Call& call)
{
    return std::string{kFolder}.append(call.part("role_name"));
}

Result<Response> listRoles(Call& call)
{
    auto names = call.context.storage.list(kFolder);
    if (!names) return names.error();
    return mount::keysAnswer(*names);
}

Result<Response> readRole(Call& call)
{
    auto role = loadTokenRole(call.context, call.part("role_name"));
    if (!role) return role.error();
    return *role ? Response::ofData((*role)->describe()) : Response{};
}

Result<Response> writeRole(Call& call)
{
    const auto name = call.part("role_name");
    auto role = loadTokenRole(call.context, name);
    if (!role) return role.error();
    if (auto why = nameRefusal("the name of a role", name); !*role && !why.empty()) return Response::badRequest(std::move(why));
    auto changed = *role ? std::move(**role) : TokenRole{};
    changed.name = name;
    Response response;
    if (auto refused = changed.apply(call.request.data, response.warnings)) return *refused;
    auto stored = changed.describe();
    for (const std::string_view twin : {"period", "explicit_max_ttl", "bound_cidrs"}) stored.erase(twin);
    if (auto put = call.context.storage.put(keyOf(call), json::serialize(stored)); !put) return put.error();
    return response;
}

Result<Response> deleteRole(Call& call)
{
    if (auto erased = call.context.storage.erase(keyOf(call)); !erased) return erased.error();
    return Response{};
}

} // namespace

void addTokenRoleRoutes(route::RouteTable& routes)
{
    routes.add({.verbs = Verb::List, .pattern = "roles", .handle = listRoles, .help = "Lists the roles."});
    const std::string pattern = "roles/*role_name";
    routes.add({.verbs = Verb::Read, .pattern = pattern, .handle = readRole, .fields = route::kNoFields, .help = "Shows, sets or deletes a role."});
    routes.add({.verbs = Verb::Write,
                .pattern = pattern,
                .handle = writeRole,
                .exists = [](Call& call) { return call.context.storage.exists(keyOf(call)); },
                .fields = kRoleFields});
    routes.add({.verbs = Verb::Delete, .pattern = pattern, .handle = deleteRole});
}

} // namespace core::auth
