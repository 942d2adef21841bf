#include "core/auth/approle/key_values.h"
#include "core/auth/approle/routes.h"
#include "core/auth/approle/secret_id.h"

#include "core/base/cidr.h"
#include "core/base/go_text.h"

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

constexpr std::string_view kNever = "0001-01-01T00:00:00Z";

json::array arrayOf(const std::vector<std::string>& items)
{
    return json::array(items.begin(), items.end());
}

/// `["10.0.0.0/8" "1.2.3.4/32"]`
std::string quotedList(const std::vector<std::string>& items)
{
    std::string text = "[";
    for (const auto& item : items) text += (text.size() > 1 ? " " : "") + goQuoted(item);
    return text + "]";
}

/// An empty list of the role takes any network.
std::string subsetFault(const std::vector<std::string>& ofRole, const std::vector<std::string>& ofId)
{
    if (ofRole.empty()) return {};
    for (const auto& network : ofId) {
        if (isNetworkInAny(network, ofRole)) continue;
        return "failed to verify subset relationship between CIDR blocks on the role " + quotedList(ofRole) + " and CIDR blocks on the secret ID " +
               quotedList(ofId);
    }
    return {};
}

/// The networks of a new secret id. A refusal, or nothing.
std::optional<Response> applyNetworks(mount::Fields& fields, const Role& role, SecretId& record)
{
    record.cidrs = fields.list("cidr_list").value_or(std::vector<std::string>{});
    const auto tokenNetworks = fields.list("token_bound_cidrs").value_or(std::vector<std::string>{});
    if (fields.refusal()) return fields.refusal();
    if (!networksFault(record.cidrs).empty()) return Response::badRequest("failed to validate CIDR blocks");
    for (const auto& network : tokenNetworks) {
        auto normalized = normalizedCidr(network);
        if (!normalized) return Response::badRequest("failed to validate token CIDR blocks");
        record.tokenBoundCidrs.push_back(std::move(*normalized));
    }
    for (const auto& fault : {subsetFault(role.secretIdCidrs, record.cidrs), subsetFault(role.token.boundCidrs, record.tokenBoundCidrs)}) {
        if (!fault.empty()) return Response::badRequest(fault);
    }
    return std::nullopt;
}

/// Uses and time of a new secret id, within those of its role. A refusal, or nothing.
std::optional<Response> applyLimits(Call& call, const Role& role, SecretId& record)
{
    const auto uses = call.fields.integer("num_uses");
    const auto ttl = call.fields.duration("ttl");
    if (call.fields.refusal()) return call.fields.refusal();
    record.usesLeft = uses.value_or(role.secretIdUses);
    if (record.usesLeft < 0) return Response::badRequest("num_uses cannot be negative");
    if (role.secretIdUses > 0 && (record.usesLeft == 0 || record.usesLeft > role.secretIdUses)) {
        return Response::badRequest("num_uses cannot be higher than the role's secret_id_num_uses");
    }
    record.ttl = ttl ? std::chrono::duration_cast<std::chrono::seconds>(*ttl) : role.secretIdTtl;
    if (role.secretIdTtl.count() > 0 && (record.ttl.count() == 0 || record.ttl > role.secretIdTtl)) {
        return Response::badRequest("ttl cannot be longer than the role's secret_id_ttl");
    }
    if (record.ttl.count() < 0 || record.ttl > call.context.maxLeaseTtl) record.ttl = call.context.maxLeaseTtl;
    if (record.ttl.count() > 0) record.expiresAt = laterBy(record.createdAt, record.ttl);
    return std::nullopt;
}

Result<Response> addSecretId(Call& call, const Role& role, const std::string& secretId)
{
    if (!role.isSecretIdBound) return Response::badRequest("bind_secret_id is not set on the role");
    SecretId record;
    record.accessor = call.context.random.uuid();
    record.createdAt = record.changedAt = call.now();
    if (auto refused = applyNetworks(call.fields, role, record)) return *refused;
    if (auto refused = applyLimits(call, role, record)) return *refused;
    const auto metadata = call.fields.textOr("metadata", {});
    if (call.fields.refusal()) return *call.fields.refusal();
    auto parsed = parseKeyValues(metadata);
    if (!parsed) return Response::badRequest("failed to parse metadata: " + parsed.error().detail);
    record.metadata = std::move(*parsed);

    auto ids = SecretIds::of(call.context, role);
    if (!ids) return ids.error();
    auto present = ids->find(secretId);
    if (!present) return present.error();
    if (*present) return Response::badRequest("failed to store secret_id: SecretID is already registered");
    if (auto added = ids->add(secretId, record); !added) return added.error();
    return Response::ofData({{"secret_id", secretId},
                             {"secret_id_accessor", record.accessor},
                             {"secret_id_ttl", record.ttl.count()},
                             {"secret_id_num_uses", record.usesLeft}});
}

/// Runs `act(role)` for the role of the path; an unknown one is refused with this status.
template<class Act>
Result<Response> withRole(Call& call, int statusIfMissing, const Act& act)
{
    const auto name = roleNameOf(call);
    auto role = findRole(call.context, name);
    if (!role) return role.error();
    if (!*role) return Response::error(statusIfMissing, missingRoleText(name));
    return act(**role);
}

/// The same, with the secret ids of the role and the text of a required field.
template<class Act>
Result<Response> withSecretIds(Call& call, std::string_view field, const Act& act)
{
    const auto text = call.fields.textOr(field, {});
    if (call.fields.refusal()) return *call.fields.refusal();
    if (text.empty()) return Response::badRequest("missing " + std::string{field});
    return withRole(call, 400, [&](const Role& role) -> Result<Response> {
        auto ids = SecretIds::of(call.context, role);
        if (!ids) return ids.error();
        return act(*ids, text);
    });
}

Result<Response> makeSecretId(Call& call)
{
    return withRole(call, 404, [&](const Role& role) { return addSecretId(call, role, call.context.random.uuid()); });
}

Result<Response> takeSecretId(Call& call)
{
    const auto secretId = call.fields.textOr("secret_id", {});
    if (call.fields.refusal()) return *call.fields.refusal();
    if (secretId.empty()) return Response::badRequest("missing secret_id");
    if (secretId.size() > kIdBytesMax) return Response::badRequest("value is longer than maximum of 4096 bytes");
    return withRole(call, 404, [&](const Role& role) { return addSecretId(call, role, secretId); });
}

Result<Response> listSecretIds(Call& call)
{
    return withRole(call, 400, [&](const Role& role) -> Result<Response> {
        auto ids = SecretIds::of(call.context, role);
        if (!ids) return ids.error();
        auto accessors = ids->accessors();
        if (!accessors) return accessors.error();
        return mount::keysAnswer(*accessors);
    });
}

Response answerOf(const SecretId& record)
{
    json::object metadata;
    for (const auto& [key, value] : record.metadata) metadata[key] = value;
    return Response::ofData({{"secret_id_accessor", record.accessor},
                             {"secret_id_num_uses", record.usesLeft},
                             {"secret_id_ttl", record.ttl.count()},
                             {"creation_time", toRfc3339(record.createdAt)},
                             {"expiration_time", record.expiresAt ? toRfc3339(*record.expiresAt) : std::string{kNever}},
                             {"last_updated_time", toRfc3339(record.changedAt)},
                             {"metadata", std::move(metadata)},
                             {"cidr_list", arrayOf(record.cidrs)},
                             {"token_bound_cidrs", arrayOf(record.tokenBoundCidrs)}});
}

Result<Response> lookUpSecretId(Call& call)
{
    return withSecretIds(call, "secret_id", [&](SecretIds& ids, const std::string& secretId) -> Result<Response> {
        auto found = ids.find(secretId);
        if (!found) return found.error();
        return *found ? answerOf((*found)->record) : Response{};
    });
}

Result<Response> destroySecretId(Call& call)
{
    return withSecretIds(call, "secret_id", [&](SecretIds& ids, const std::string& secretId) -> Result<Response> {
        auto found = ids.find(secretId);
        if (!found) return found.error();
        if (*found) {
            if (auto erased = ids.erase(**found); !erased) return erased.error();
        }
        return Response{};
    });
}

std::string missingAccessorText(const std::string& accessor)
{
    return "failed to find accessor entry for secret_id_accessor: " + goQuoted(accessor);
}

Result<Response> lookUpAccessor(Call& call)
{
    return withSecretIds(call, "secret_id_accessor", [&](SecretIds& ids, const std::string& accessor) -> Result<Response> {
        auto answer = ids.findByAccessor(accessor);
        if (!answer) return answer.error();
        if (answer->found) return answerOf(answer->found->record);
        if (answer->isOfAnotherRole) return Response{};
        auto missing = Response::ofData({{"error", missingAccessorText(accessor)}}); // clients look for it there
        missing.status = 404;
        return missing;
    });
}

Result<Response> destroyAccessor(Call& call)
{
    return withSecretIds(call, "secret_id_accessor", [&](SecretIds& ids, const std::string& accessor) -> Result<Response> {
        auto answer = ids.findByAccessor(accessor);
        if (!answer) return answer.error();
        if (answer->isOfAnotherRole) return Response::error(403, "invalid secret id accessor");
        if (!answer->found) return Response::badRequest(missingAccessorText(accessor));
        if (auto erased = ids.erase(*answer->found); !erased) return erased.error();
        return Response{};
    });
}

Result<Response> tidy(Call& call)
{
    if (auto tidied = tidySecretIds(call.context); !tidied) return tidied.error();
    Response response;
    response.status = 202;
    response.warnings.emplace_back("Tidy operation successfully started. Any information from the operation will be printed to Vault's server logs.");
    return response;
}

FieldList newIdFields(bool hasId)
{
    FieldList fields{{"metadata", FieldType::Text, "Metadata of the tokens: a JSON object of texts, or `key=value` pairs."},
                     {"cidr_list", FieldType::TextList, "The networks from which the secret id can be used."},
                     {"token_bound_cidrs", FieldType::TextList, "The networks from which its tokens can be used."},
                     {"num_uses", FieldType::Integer, "After how many logins it ends; at most the role's."},
                     {"ttl", FieldType::Duration, "How long it lives; at most the role's."}};
    if (hasId) fields.push_back({"secret_id", FieldType::Text, "The secret id, chosen by the caller."});
    return fields;
}

/// Paths that name a secret id or its accessor in the body: one to look it up, one to end it, which takes DELETE too.
void addLookups(route::RouteTable& table, const std::string& folder, const route::Field& field, route::Handler lookUp, route::Handler destroy)
{
    table.add({.verbs = Verb::Write,
               .pattern = folder + "/lookup",
               .handle = std::move(lookUp),
               .fields = FieldList{field},
               .help = "Shows a secret id: its uses, its times and its networks, never the id itself."});
    table.add({.verbs = Verb::Write | Verb::Delete,
               .pattern = folder + "/destroy",
               .handle = std::move(destroy),
               .fields = FieldList{field},
               .help = "Ends a secret id."});
}

} // namespace

void addSecretIdRoutes(route::RouteTable& table)
{
    const std::string role = "role/<role_name>";
    table.add({.verbs = Verb::Write,
               .pattern = role + "/secret-id",
               .handle = makeSecretId,
               .fields = newIdFields(false),
               .help = "Makes a secret id. It is shown only this once."});
    table.add({.verbs = Verb::List, .pattern = role + "/secret-id", .handle = listSecretIds, .isSlow = true});
    table.add({.verbs = Verb::Write,
               .pattern = role + "/custom-secret-id",
               .handle = takeSecretId,
               .fields = newIdFields(true),
               .help = "Takes a secret id that the caller has chosen."});
    addLookups(table, role + "/secret-id", {"secret_id", FieldType::Text, "The secret id."}, lookUpSecretId, destroySecretId);
    addLookups(table, role + "/secret-id-accessor", {"secret_id_accessor", FieldType::Text, "The accessor of a secret id."}, lookUpAccessor,
               destroyAccessor);
    table.add({.verbs = Verb::Write,
               .pattern = "tidy/secret-id",
               .handle = tidy,
               .isSlow = true,
               .fields = route::kNoFields,
               .help = "Removes secret ids that have expired or whose role is gone."});
}

} // namespace core::auth::approle
