#include "core/base/duration.h"
#include "core/quota/rule_rows.h"
#include "core/replication/scope/path_filters.h"
#include "core/sys/routes/handlers.h"
#include "core/sys/access/lockout_fields.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>

namespace core::sys {
namespace {

namespace json = boost::json;
using mount::Fields;
using mount::MountEntry;
using mount::MountTable;
using mount::Response;
using mount::TableKind;

constexpr std::string_view kMigrationFolder = "core/remount/";
constexpr std::chrono::hours kMigrationKept{24};
/// The fields that a tune can change. Other fields, for example `local`, are fixed when a mount is made; the answer warns of them.
const FieldList kTuningFields{{"default_lease_ttl", FieldType::Duration, "The lease time without another one; \"system\" is that of the server."},
                              {"max_lease_ttl", FieldType::Duration, "The longest lease time; \"system\" is that of the server."},
                              {"description", FieldType::Text, "A text for operators."},
                              {"listing_visibility", FieldType::Text, "`unauth`: shown without a token; `hidden`, or empty."},
                              {"token_type", FieldType::Text, "Auth methods: the type of the tokens that logins make."},
                              {"options", FieldType::TextMap, "Options of the engine, for example the `version` of kv."},
                              {"audit_non_hmac_request_keys", FieldType::TextList, "Fields of requests that the audit log shows unhashed."},
                              {"audit_non_hmac_response_keys", FieldType::TextList, "Fields of answers that the audit log shows unhashed."},
                              {"passthrough_request_headers", FieldType::TextList, "Headers of requests that the mount can read."},
                              {"allowed_response_headers", FieldType::TextList, "Headers of answers that the mount can set."},
                              {"user_lockout_config", FieldType::Object, "Auth methods: when a user is locked after wrong credentials."},
                              {"force_no_cache", FieldType::Boolean, "Clients always send it, although it has no effect here.", "false"}};
const FieldList kEnableFields{{"type", FieldType::Text, "The type of the engine or method, for example `kv`."},
                              {"plugin_name", FieldType::Text, "The type, where `type` is `plugin`."},
                              {"description", FieldType::Text, "A text for operators."},
                              {"config", FieldType::Object, "The settings, as a tune takes them."},
                              {"options", FieldType::TextMap, "Options of the engine, for example the `version` of kv."},
                              {"local", FieldType::Boolean, "The mount belongs to this cluster only; replication does not carry it.", "false"},
                              {"seal_wrap", FieldType::Boolean, "Kept and shown.", "false"}};

std::chrono::seconds wholeSeconds(std::chrono::nanoseconds duration)
{
    return std::chrono::floor<std::chrono::seconds>(duration);
}

/// A lease time. The word "system" becomes zero, which means the system's value. Empty text changes nothing. If the text cannot be read, `refusal`
/// contains `what` and the given text, in Vault's words for this call.
std::optional<std::chrono::seconds> leaseTime(Fields& fields, std::string_view name, std::string_view what, std::optional<Response>& refusal)
{
    const auto text = fields.text(name);
    if (!text || text->empty()) return std::nullopt;
    if (*text == "system") return std::chrono::seconds{0};
    const auto duration = parseDuration(*text);
    if (duration) return wholeSeconds(*duration);
    const std::string before = what.empty() ? std::string{} : std::string{what} + " of " + *text + ": ";
    if (!refusal) refusal = Response::badRequest(before + duration.error().detail);
    return std::nullopt;
}

/// The table, and the path in it: "auth/x" below sys/mounts means the auth mount x.
std::pair<TableKind, std::string> tableOf(TableKind kind, std::string_view path)
{
    if (kind == TableKind::Secrets && path.starts_with("auth/")) return {TableKind::Auth, std::string{path.substr(5)}};
    return {kind, std::string{path}};
}

std::string shownPath(TableKind kind, const MountEntry& entry)
{
    return kind == TableKind::Auth ? entry.path.substr(5) : entry.path;
}

Result<Response> listMounts(const Call& call, const MountTable& mounts, TableKind kind)
{
    auto entries = mounts.entries(call.scope(), kind);
    if (!entries) return entries.error();
    json::object data;
    for (const auto& entry : *entries) data.emplace(shownPath(kind, entry), mountAnswer(entry));
    return Response::ofData(std::move(data));
}

Result<Response> readMount(const Call& call, const MountTable& mounts, TableKind kind)
{
    // sys/auth needs sudo. Clients without it look for auth methods below sys/mounts.
    const auto [table, name] = tableOf(kind, call.part("path"));
    auto entry = mounts.find(call.scope(), table, name);
    if (!entry) return entry.error();
    if (!*entry) {
        const auto path = mount::normalMountPath(call.part("path"));
        return Response::badRequest((kind == TableKind::Auth ? "No auth engine at " : "No secret engine mount at ") + path);
    }
    return Response::ofData(mountAnswer(**entry));
}

Result<Response> enableMount(Call& call, MountTable& mounts, TableKind kind, const SharedMountRefusal& refusal)
{
    static const json::object kNone;
    MountEntry entry;
    entry.path = call.part("path");
    entry.type = call.fields.textOr("type", {});
    if (entry.type == "plugin") entry.type = call.fields.textOr("plugin_name", {});
    entry.description = call.fields.textOr("description", {});
    entry.isLocal = call.fields.booleanOr("local", false);
    entry.isSealWrapped = call.fields.booleanOr("seal_wrap", false);
    entry.options = call.fields.map("options").value_or(std::map<std::string, std::string>{});
    const auto* given = call.fields.object("config");
    if (call.fields.refusal()) return *call.fields.refusal();

    const auto& data = given ? *given : kNone;
    Fields config{data};
    std::optional<Response> unreadable;
    entry.defaultLeaseTtl = leaseTime(config, "default_lease_ttl", "unable to parse default TTL", unreadable).value_or(std::chrono::seconds{0});
    entry.maxLeaseTtl = leaseTime(config, "max_lease_ttl", "unable to parse max TTL", unreadable).value_or(std::chrono::seconds{0});
    if (unreadable) return *unreadable;
    entry.isForceNoCache = config.booleanOr("force_no_cache", false);
    entry.listingVisibility = config.textOr("listing_visibility", {});
    entry.tokenType = config.textOr("token_type", {});
    using Texts = std::vector<std::string>;
    entry.auditNonHmacRequestKeys = config.list("audit_non_hmac_request_keys").value_or(Texts{});
    entry.auditNonHmacResponseKeys = config.list("audit_non_hmac_response_keys").value_or(Texts{});
    entry.passthroughRequestHeaders = config.list("passthrough_request_headers").value_or(Texts{});
    entry.allowedResponseHeaders = config.list("allowed_response_headers").value_or(Texts{});
    if (config.refusal()) return *config.refusal();
    if (refusal && !entry.isLocal) {
        const auto path = mount::normalMountPath(entry.path);
        if (auto why = refusal(kind, kind == TableKind::Auth ? "auth/" + path : path); !why.empty()) return Response::badRequest(std::move(why));
    }
    if (auto lockout = readLockoutFields(config, kind == TableKind::Auth ? entry.type : std::string_view{}); lockout.refusal) {
        return *lockout.refusal;
    } else if (lockout.change) {
        lockout.change->applyTo(entry.userLockout);
    }
    return mounts.enable(call.scope(), kind, std::move(entry));
}

Result<Response> readTuning(const Call& call, const MountTable& mounts, const mount::Router& router, TableKind kind)
{
    const auto [table, path] = tableOf(kind, call.part("path"));
    auto found = mounts.find(call.scope(), table, path);
    if (!found) return found.error();
    if (!*found) {
        const auto full = (table == TableKind::Auth ? "auth/" : "") + mount::normalMountPath(path);
        return Response::badRequest("cannot fetch sysview for path \"" + full + "\"");
    }
    const auto& entry = **found;
    auto data = mountAnswer(entry).at("config").as_object();
    const auto& system = router.options();
    const bool hasOwnMax = entry.maxLeaseTtl.count() > 0;
    const auto max = hasOwnMax ? entry.maxLeaseTtl : system.maxLeaseTtl;
    const bool hasOwnDefault = entry.defaultLeaseTtl.count() > 0;
    data["default_lease_ttl"] = std::min(hasOwnDefault ? entry.defaultLeaseTtl : system.defaultLeaseTtl, max).count();
    data["max_lease_ttl"] = max.count();
    data["description"] = entry.description;
    if (!entry.options.empty()) data["options"] = mountAnswer(entry).at("options");
    data.erase("user_lockout_config");
    addLockoutMembers(data, entry.userLockout);
    return Response::ofData(std::move(data));
}

Result<Response> tuneMount(Call& call, MountTable& mounts, TableKind kind)
{
    const auto [table, path] = tableOf(kind, call.part("path"));
    auto& fields = call.fields;
    auto lockout = LockoutFields{};
    if (fields.has("user_lockout_config")) {
        auto entry = mounts.find(call.scope(), table, path);
        if (!entry) return entry.error();
        if (*entry) lockout = readLockoutFields(fields, table == TableKind::Auth ? (*entry)->type : std::string_view{});
        if (lockout.refusal) return *lockout.refusal;
    }
    std::optional<Response> unreadable;
    const mount::Tuning tuning{
        .defaultLeaseTtl = leaseTime(fields, "default_lease_ttl", {}, unreadable),
        .maxLeaseTtl = leaseTime(fields, "max_lease_ttl", {}, unreadable),
        .description = fields.text("description"),
        .listingVisibility = fields.text("listing_visibility"),
        .tokenType = fields.text("token_type"),
        .userLockout = lockout.change,
        .options = fields.map("options"),
        .auditNonHmacRequestKeys = fields.list("audit_non_hmac_request_keys"),
        .auditNonHmacResponseKeys = fields.list("audit_non_hmac_response_keys"),
        .passthroughRequestHeaders = fields.list("passthrough_request_headers"),
        .allowedResponseHeaders = fields.list("allowed_response_headers"),
    };
    if (fields.refusal()) return *fields.refusal();
    if (unreadable) return *unreadable;
    return mounts.tune(call.scope(), table, path, tuning);
}

/// A local mount of a secondary, whose quotas are not shared ones: a shared quota at its path is for the primary's mount.
bool isOthers(const Call& call, const MountEntry& entry)
{
    return entry.isLocal && !call.scope().access().shared;
}

/// Tokens of the mount end with it, at once. MountCleaner removes its data later.
Result<Response> disableMount(Call& call, MountTable& mounts, lease::LeaseManager& leases, TableKind kind)
{
    auto entry = mounts.find(call.scope(), kind, call.part("path"));
    if (!entry) return entry.error();
    auto disabled = mounts.disable(call.scope(), kind, call.part("path"));
    if (!disabled || disabled->isError) return disabled;
    if (*entry && !(*entry)->isLocal) {
        auto filtered = replication::PathFilters::ofPrimary(call.scope()).forget((*entry)->path, (*entry)->uuid);
        if (!filtered) return filtered.error();
    }
    if (*entry && !isOthers(call, **entry)) {
        if (auto erased = quota::eraseBelow(call.scope(), (*entry)->path); !erased) return std::move(erased).error();
    }
    if (kind != TableKind::Auth) return disabled;
    const auto prefix = "auth/" + mount::normalMountPath(call.part("path"));
    if (auto revoked = revokeTokensBelow(call, leases, prefix); !revoked) return revoked.error();
    return disabled;
}

/// Removes the records of old migrations.
Result<> prune(barrier::View folder, WallTime now)
{
    std::vector<std::string> olds;
    const auto walked = folder.forEach({}, [&](std::string_view id, std::string_view value) {
        json::error_code failed;
        const auto record = json::parse(json::string_view{value.data(), value.size()}, failed);
        const auto* at = !failed && record.is_object() ? record.get_object().if_contains("at_unix_s") : nullptr;
        if (!at || !at->is_int64() || at->get_int64() + std::chrono::seconds{kMigrationKept}.count() < toUnixSeconds(now)) {
            olds.emplace_back(id);
        }
        return true;
    });
    if (!walked) return walked;
    for (const auto& id : olds) {
        if (auto erased = folder.erase(id); !erased) return erased;
    }
    return {};
}

barrier::View migrations(const Call& call, bool isLocal)
{
    const std::string folder{kMigrationFolder};
    return isLocal ? call.scope().local(folder) : call.scope().shared(folder);
}

/// Moving a mount is one transaction, so a migration with a record has succeeded.
Result<Response> remount(Call& call, MountTable& mounts, lease::LeaseManager& leases, const SharedMountRefusal& refusal)
{
    const auto from = call.fields.textOr("from", {});
    const auto to = call.fields.textOr("to", {});
    if (call.fields.refusal()) return *call.fields.refusal();
    if (from.empty() || to.empty()) return Response::badRequest("both 'from' and 'to' path must be specified as a string");
    const auto [kind, path] = tableOf(TableKind::Secrets, mount::normalMountPath(from));
    auto source = mounts.find(call.scope(), kind, path);
    if (!source) return source.error();
    const bool isLocal = *source && (*source)->isLocal;
    if (refusal && *source && !isLocal) {
        if (auto why = refusal(kind, mount::normalMountPath(to)); !why.empty()) return Response::badRequest(std::move(why));
    }
    auto moved = mounts.remount(call.scope(), from, to);
    if (!moved || moved->isError) return moved;
    if (*source && !isOthers(call, **source)) {
        const auto quotas = quota::moveBelow(call.scope(), mount::normalMountPath(from), mount::normalMountPath(to));
        if (!quotas) return quotas.error();
    }
    Result<std::vector<std::string>> filtered = std::vector<std::string>{};
    if (!isLocal) filtered = replication::PathFilters::ofPrimary(call.scope()).forget(mount::normalMountPath(from), {});
    if (!filtered) return filtered.error();
    if (const auto source = mount::normalMountPath(from); source.starts_with("auth/")) {
        if (auto revoked = revokeTokensBelow(call, leases, source); !revoked) return revoked.error();
    }
    // The record of a local mount is local too. A secondary cannot write a shared record: it would forward the request to its primary, which
    // would move its own mount at that path.
    auto folder = migrations(call, isLocal);
    if (auto pruned = prune(folder, call.now()); !pruned) return pruned.error();
    const auto id = call.context.random.uuid();
    const json::object record{
        {"source_mount", mount::normalMountPath(from)}, {"target_mount", mount::normalMountPath(to)}, {"at_unix_s", toUnixSeconds(call.now())}};
    if (auto stored = folder.put(id, json::serialize(record)); !stored) return stored.error();
    auto response = Response::ofData({{"migration_id", id}});
    response.warnings.push_back("The mount has moved; policies and clients that name the old path have to be changed. Its status can be read "
                                "at sys/remount/status/" +
                                id + " for a day.");
    for (const auto& secondary : *filtered) {
        response.warnings.push_back("The paths filter of the secondary \"" + secondary +
                                    "\" named the old path and does not "
                                    "name the new one; check what it is to receive.");
    }
    return response;
}

Result<Response> readMigration(const Call& call)
{
    const auto id = call.part("id");
    auto stored = migrations(call, true).get(id);
    if (stored && !*stored) stored = migrations(call, false).get(id);
    if (!stored) return stored.error();
    if (!*stored) return Response{};
    json::error_code failed;
    auto record = json::parse(**stored, failed);
    if (failed || !record.is_object()) return Error{ErrorCode::Corrupt, "stored migration"};
    record.get_object().erase("at_unix_s");
    record.get_object()["status"] = "success";
    return Response::ofData({{"migration_id", id}, {"migration_info", std::move(record)}});
}

} // namespace

json::array textArray(const std::vector<std::string>& items)
{
    json::array array;
    array.reserve(items.size());
    for (const auto& item : items) array.emplace_back(item);
    return array;
}

json::object mountAnswer(const MountEntry& entry)
{
    json::object config{
        {"default_lease_ttl", entry.defaultLeaseTtl.count()}, {"force_no_cache", entry.isForceNoCache}, {"max_lease_ttl", entry.maxLeaseTtl.count()}};
    const std::pair<std::string_view, const std::vector<std::string>&> lists[] = {
        {"audit_non_hmac_request_keys", entry.auditNonHmacRequestKeys},
        {"audit_non_hmac_response_keys", entry.auditNonHmacResponseKeys},
        {"passthrough_request_headers", entry.passthroughRequestHeaders},
        {"allowed_response_headers", entry.allowedResponseHeaders},
    };
    for (const auto& [name, items] : lists) {
        if (!items.empty()) config[name] = textArray(items);
    }
    if (!entry.listingVisibility.empty()) config["listing_visibility"] = entry.listingVisibility;
    if (entry.userLockout.isSet()) {
        json::object lockout;
        addLockoutMembers(lockout, entry.userLockout);
        config["user_lockout_config"] = std::move(lockout);
    }
    if (entry.path.starts_with("auth/")) config["token_type"] = entry.tokenType.empty() ? "default-service" : entry.tokenType;

    json::value options = nullptr;
    if (!entry.options.empty()) {
        auto& object = options.emplace_object();
        for (const auto& [key, value] : entry.options) object[key] = value;
    }
    return {{"accessor", entry.accessor},
            {"config", std::move(config)},
            {"deprecation_status", "supported"},
            {"description", entry.description},
            {"external_entropy_access", false},
            {"local", entry.isLocal},
            {"options", std::move(options)},
            {"plugin_version", ""},
            {"running_plugin_version", ""},
            {"running_sha256", ""},
            {"seal_wrap", entry.isSealWrapped},
            {"type", entry.type},
            {"uuid", entry.uuid}};
}

void addMountRoutes(RouteTable& routes, MountTable& mounts, const mount::Router& router, lease::LeaseManager& leases,
                    const SharedMountRefusal& refusal)
{
    for (const auto kind : {TableKind::Secrets, TableKind::Auth}) {
        const bool isAuth = kind == TableKind::Auth;
        const std::string folder = isAuth ? "auth" : "mounts";
        const std::string thing = isAuth ? "auth method" : "secrets engine";
        routes.add({.verbs = Verb::Read,
                    .pattern = folder,
                    .handle = [&mounts, kind](Call& call) { return listMounts(call, mounts, kind); },
                    .isInjected = true,
                    .fields = kNoFields,
                    .help = "Lists the enabled mounts with their settings."});
        routes.add({.verbs = Verb::Read,
                    .pattern = folder + "/*path/tune",
                    .handle = [&mounts, &router, kind](Call& call) { return readTuning(call, mounts, router, kind); },
                    .needsSudo = isAuth,
                    .isInjected = true,
                    .fields = kNoFields,
                    .help = "Reads or changes the settings of a mount: lease times, description, listing, options."});
        routes.add({.verbs = Verb::Write,
                    .pattern = folder + "/*path/tune",
                    .handle = [&mounts, kind](Call& call) { return tuneMount(call, mounts, kind); },
                    .needsSudo = isAuth,
                    .isInjected = true,
                    .isForwardable = true,
                    .fields = kTuningFields});
        routes.add({.verbs = Verb::Read,
                    .pattern = folder + "/*path",
                    .handle = [&mounts, kind](Call& call) { return readMount(call, mounts, kind); },
                    .needsSudo = isAuth,
                    .isInjected = true,
                    .fields = kNoFields,
                    .help = "Enables (`type`, `config`, `options`, `local`), shows or disables the " + thing + " at a path."});
        routes.add({.verbs = Verb::Write,
                    .pattern = folder + "/*path",
                    .handle = [&mounts, kind, refusal](Call& call) { return enableMount(call, mounts, kind, refusal); },
                    .needsSudo = isAuth,
                    .isInjected = true,
                    .isForwardable = true,
                    .fields = kEnableFields,
                    .isWithoutWarnings = true});
        routes.add({.verbs = Verb::Delete,
                    .pattern = folder + "/*path",
                    .handle = [&mounts, &leases, kind](Call& call) { return disableMount(call, mounts, leases, kind); },
                    .needsSudo = isAuth,
                    .isInjected = true,
                    .isForwardable = true});
    }
    routes.add({.verbs = Verb::Write,
                .pattern = "remount",
                .handle = [&mounts, &leases, refusal](Call& call) { return remount(call, mounts, leases, refusal); },
                .needsSudo = true,
                .isInjected = true,
                .isForwardable = true,
                .fields = FieldList{{"from", FieldType::Text, "The present path."}, {"to", FieldType::Text, "The new path."}},
                .help = "Moves a mount from one path to another: `from`, `to`."});
    routes.add({.verbs = Verb::Read,
                .pattern = "remount/status/:id",
                .handle = [](Call& call) { return readMigration(call); },
                .fields = kNoFields,
                .help = "Shows the result of a mount's move."});
}

} // namespace core::sys
