#include "app/holdfast/commands/command.h"
#include "app/holdfast/commands/mount_list.h"

#include <chrono>
#include <thread>

namespace cli {
namespace {

/// What differs between `secrets` and `auth`.
struct MountKind {
    std::string apiPath; // of the list and of enabling
    std::string tunePath;
    std::string thing; // "secrets engine"
    bool isAuth = false;
};

const MountKind kSecrets{"sys/mounts", "sys/mounts", "secrets engine", false};
const MountKind kAuth{"sys/auth", "sys/mounts/auth", "auth method", true};

constexpr Flag kDefaultTtl{"default-lease-ttl", FlagKind::Text, "Lifetime of leases and tokens if the client asks for none."};
constexpr Flag kMaxTtl{"max-lease-ttl", FlagKind::Text, "Longest lifetime of leases and tokens."};
constexpr Flag kDescription{"description", FlagKind::Text, "Text for people."};
constexpr Flag kOptions{"options", FlagKind::Repeated, "KEY=VALUE option of the engine; may be given more than once."};
constexpr Flag kVersion{"version", FlagKind::Number, "Version of the engine, such as 2 for kv."};
constexpr Flag kRequestKeys{"audit-non-hmac-request-keys", FlagKind::Repeated, "Request key that the audit log does not hash."};
constexpr Flag kResponseKeys{"audit-non-hmac-response-keys", FlagKind::Repeated, "Answer key that the audit log does not hash."};
constexpr Flag kVisibility{"listing-visibility", FlagKind::Text, "unauth: show the mount without a token; hidden: do not."};
constexpr Flag kPassthrough{"passthrough-request-headers", FlagKind::Repeated, "Request header that the engine receives."};
constexpr Flag kResponseHeaders{"allowed-response-headers", FlagKind::Repeated, "Answer header that the engine can set."};
constexpr Flag kTokenType{"token-type", FlagKind::Text, "default-service, default-batch, service or batch."};

std::vector<Flag> tuneFlags(bool isAuth)
{
    std::vector<Flag> flags{kDefaultTtl, kMaxTtl, kDescription, kOptions, kRequestKeys, kResponseKeys, kVisibility, kPassthrough, kResponseHeaders};
    flags.push_back(isAuth ? kTokenType : kVersion);
    return flags;
}

constexpr Flag kLockoutFlags[] = {
    {"user-lockout-threshold", FlagKind::Number, "Number of wrong passwords that lock a user out."},
    {"user-lockout-duration", FlagKind::Duration, "For how long."},
    {"user-lockout-counter-reset-duration", FlagKind::Duration, "Time without a wrong password after which the count begins again."},
    {"user-lockout-disable", FlagKind::Switch, "Lock nobody out."},
};

std::vector<Flag> authTuneFlags()
{
    auto flags = tuneFlags(true);
    flags.insert(flags.end(), std::begin(kLockoutFlags), std::end(kLockoutFlags));
    return flags;
}

std::vector<Flag> enableFlags(bool isAuth)
{
    auto flags = tuneFlags(isAuth);
    flags.push_back({"path", FlagKind::Text, "Path of the mount (default: the name of its type)."});
    flags.push_back({"local", FlagKind::Switch, "Do not replicate it to performance secondaries."});
    flags.push_back({"seal-wrap", FlagKind::Switch, "Also wrap its values with the seal."});
    flags.push_back({"external-entropy-access", FlagKind::Switch, "Let it use an external source of randomness."});
    flags.push_back({"force-no-cache", FlagKind::Switch, "Do not cache what it stores."});
    flags.push_back({"plugin-name", FlagKind::Text, "Name of the plugin, for the type \"plugin\"."});
    return flags;
}

/// A duration option as Go text; "system" stays. Returns `absent` if the option is not given. Errors: InvalidArgument.
core::Result<std::string> ttlOf(const Arguments& arguments, std::string_view flag, std::string_view absent)
{
    if (!arguments.has(flag)) return std::string{absent};
    if (arguments.text(flag) == "system") return std::string{"system"};
    return arguments.duration(flag);
}

/// The options that `enable` and `tune` share.
void addConfig(const Arguments& arguments, Json& config)
{
    constexpr std::pair<std::string_view, std::string_view> kLists[] = {{"audit-non-hmac-request-keys", "audit_non_hmac_request_keys"},
                                                                        {"audit-non-hmac-response-keys", "audit_non_hmac_response_keys"},
                                                                        {"passthrough-request-headers", "passthrough_request_headers"},
                                                                        {"allowed-response-headers", "allowed_response_headers"}};
    for (const auto& [flag, member] : kLists) {
        if (arguments.has(flag)) config.set(member, Json::strings(arguments.all(flag)));
    }
    if (arguments.has("listing-visibility")) config.set("listing_visibility", arguments.text("listing-visibility"));
    if (arguments.has("token-type")) config.set("token_type", arguments.text("token-type"));
}

/// `user_lockout_config`; null if no option sets one.
Json lockoutOf(const Arguments& arguments)
{
    Json out;
    if (arguments.has("user-lockout-threshold")) out.set("lockout_threshold", arguments.text("user-lockout-threshold"));
    for (const std::string_view name : {"duration", "counter-reset-duration"}) {
        const auto flag = "user-lockout-" + std::string{name};
        if (const auto given = arguments.duration(flag); arguments.has(flag) && given) {
            out.set(name == "duration" ? "lockout_duration" : "lockout_counter_reset_duration", *given);
        }
    }
    if (arguments.has("user-lockout-disable")) out.set("lockout_disable", arguments.isOn("user-lockout-disable"));
    return out;
}

/// -options and -version. Errors: InvalidArgument.
core::Result<Json> optionsOf(const Arguments& arguments)
{
    const auto pairs = arguments.pairs("options");
    if (!pairs) return pairs.error();
    Json out;
    for (const auto& [name, value] : *pairs) out.set(name, value);
    if (arguments.has("version")) out.set("version", arguments.text("version"));
    return out;
}

int enableMount(Invocation& run, const MountKind& kind)
{
    const auto& arguments = run.arguments();
    auto type = std::string{trimmed(run.argument(0))};
    const auto plugin = arguments.text("plugin-name");
    if (type == "plugin" && !plugin.empty()) type = plugin;
    const auto path = withoutSlashes(arguments.text("path", type));
    const auto defaultTtl = ttlOf(arguments, "default-lease-ttl", "0s");
    const auto maxTtl = ttlOf(arguments, "max-lease-ttl", "0s");
    const auto options = optionsOf(arguments);
    if (!defaultTtl) return run.failLocally(defaultTtl.error().detail);
    if (!maxTtl) return run.failLocally(maxTtl.error().detail);
    if (!options) return run.failLocally(options.error().detail);
    Json config = Json::object(
        {{"options", nullptr}, {"default_lease_ttl", *defaultTtl}, {"max_lease_ttl", *maxTtl}, {"force_no_cache", arguments.isOn("force-no-cache")}});
    addConfig(arguments, config);
    const auto done = run.client().write(kind.apiPath + "/" + path,
                                         Json::object({{"type", type},
                                                       {"description", arguments.text("description")},
                                                       {"config", config},
                                                       {"local", arguments.isOn("local")},
                                                       {"seal_wrap", arguments.isOn("seal-wrap")},
                                                       {"external_entropy_access", arguments.isOn("external-entropy-access")},
                                                       {"options", *options}}),
                                         "POST");
    if (!done) return run.fail("Error enabling" + std::string{kind.isAuth ? " " + type + " auth" : ""}, done.error());
    if (*done) run.output().warnings(**done);
    run.output().line("Success! Enabled " + std::string{kind.isAuth ? "" : "the "} + type + " " + kind.thing + " at: " + path + "/");
    return kSuccess;
}

int disableMount(Invocation& run, const MountKind& kind)
{
    const auto path = run.path();
    const auto done = run.client().remove(kind.apiPath + "/" + path);
    if (!done) return run.fail("Error disabling " + kind.thing + " at " + path + "/", done.error());
    run.output().line("Success! Disabled the " + kind.thing + " (if it existed) at: " + path + "/");
    return kSuccess;
}

int tuneMount(Invocation& run, const MountKind& kind)
{
    const auto& arguments = run.arguments();
    const auto path = run.path();
    const auto defaultTtl = ttlOf(arguments, "default-lease-ttl", "");
    const auto maxTtl = ttlOf(arguments, "max-lease-ttl", "");
    const auto options = optionsOf(arguments);
    if (!defaultTtl) return run.failLocally(defaultTtl.error().detail);
    if (!maxTtl) return run.failLocally(maxTtl.error().detail);
    if (!options) return run.failLocally(options.error().detail);
    Json body = Json::object();
    if (!defaultTtl->empty()) body.set("default_lease_ttl", *defaultTtl);
    if (!maxTtl->empty()) body.set("max_lease_ttl", *maxTtl);
    if (arguments.has("description")) body.set("description", arguments.text("description"));
    if (!options->isNull()) body.set("options", *options);
    if (const auto lockout = lockoutOf(arguments); !lockout.isNull()) body.set("user_lockout_config", lockout);
    addConfig(arguments, body);
    const auto done = run.client().write(kind.tunePath + "/" + path + "/tune", body, "POST");
    if (!done) return run.fail("Error tuning " + kind.thing + " " + path, done.error());
    if (*done) run.output().warnings(**done);
    run.output().line("Success! Tuned the " + kind.thing + " at: " + path + "/");
    return kSuccess;
}

std::string ttlText(const std::string& type, const Json& ttl)
{
    if (type == "system" || type == "cubbyhole") return {};
    return ttl.isEmpty() ? "system" : ttl.toGoText();
}

int listMounts(Invocation& run, const MountKind& kind)
{
    const auto mounts = readMountList(run.client(), kind.apiPath);
    if (!mounts) return run.fail("Error listing " + (kind.isAuth ? std::string{"enabled authentications"} : kind.thing + "s"), mounts.error());
    if (!run.output().isTable()) {
        run.output().data(*mounts);
        return kSuccess;
    }
    const bool isDetailed = run.arguments().isOn("detailed");
    std::vector<Row> rows{Row{"Path", "Type", "Accessor", "Description"}};
    if (isDetailed) {
        rows[0] = {"Path",
                   "Plugin",
                   "Accessor",
                   "Default TTL",
                   "Max TTL",
                   kind.isAuth ? "Token Type" : "Force No Cache",
                   "Replication",
                   "Seal Wrap",
                   "External Entropy Access",
                   "Options",
                   "Description",
                   "UUID",
                   "Version",
                   "Running Version",
                   "Running SHA256",
                   "Deprecation Status"};
    }
    for (const auto& [path, mount] : mounts->members()) {
        const auto& type = mount["type"].text();
        const auto& config = mount["config"];
        if (!isDetailed) {
            rows.push_back({path, type, mount["accessor"].text(), mount["description"].text()});
            continue;
        }
        Row row{path,
                type,
                mount["accessor"].text(),
                ttlText(type, config["default_lease_ttl"]),
                ttlText(type, config["max_lease_ttl"]),
                kind.isAuth                         ? config["token_type"].text()
                : config["force_no_cache"].isTrue() ? "true"
                                                    : "false",
                mount["local"].isTrue() ? "local" : "replicated",
                mount["seal_wrap"].isTrue() ? "true" : "false",
                mount["external_entropy_access"].isTrue() ? "true" : "false",
                mount["options"].isNull() ? "map[]" : mount["options"].toGoText(),
                mount["description"].text(),
                mount["uuid"].text(),
                mount["plugin_version"].text(),
                mount["running_plugin_version"].text(),
                mount["running_sha256"].text(),
                mount["deprecation_status"].text()};
        rows.push_back(std::move(row));
    }
    run.output().table(rows);
    return kSuccess;
}

int moveMount(Invocation& run, const MountKind& kind)
{
    const auto from = run.path(0), to = run.path(1);
    const auto full = [&](const std::string& path) { return kind.isAuth && !path.starts_with("auth/") ? "auth/" + path : path; };
    const auto thing = kind.isAuth ? std::string{"auth method"} : std::string{"secrets engine"};
    const auto done = run.client().write("sys/remount", Json::object({{"from", full(from)}, {"to", full(to)}}), "POST");
    if (!done) return run.fail("Error moving " + thing + " " + from + "/ to " + to + "/", done.error());
    if (*done) run.output().warnings(**done);
    const auto migration = *done ? (*done)->data()["migration_id"].text() : std::string{};
    const auto what = thing + " " + from + "/ to " + to + "/, with migration ID " + migration;
    if (!migration.empty()) {
        run.output().line("Started moving " + what);
        for (std::string status = "in-progress"; status == "in-progress";) { // newer servers move in the background
            const auto progress = run.client().read("sys/remount/status/" + migration);
            if (!progress) return run.fail("Error checking migration status of " + thing + " " + from + "/ to " + to + "/", progress.error());
            status = *progress ? (*progress)->data()["migration_info"]["status"].text() : "unknown";
            if (status == "success") break;
            if (status != "in-progress") {
                run.output().error("Failure! Error encountered moving " + what);
                return kApiError;
            }
            std::this_thread::sleep_for(std::chrono::milliseconds{200});
        }
    }
    if (migration.empty()) run.output().line("Success! Moved " + thing + " " + from + "/ to: " + to + "/"); // an older server
    else run.output().line("Success! Finished moving " + what);
    return kSuccess;
}

int authHelp(Invocation& run)
{
    const auto word = run.path();
    auto type = word;
    if (const auto mounts = readMountList(run.client(), kAuth.apiPath); mounts && mounts->has(word + "/"))
        type = (*mounts)[word + "/"]["type"].text();
    if (type == "token") {
        run.output().line("Usage: holdfast login TOKEN [CONFIG K=V...]\n\n  Takes the token itself; without one it is asked for.\n\n"
                          "      $ holdfast login hvs.example");
        return kSuccess;
    }
    if (type == "userpass") {
        run.output().line("Usage: holdfast login -method=userpass [CONFIG K=V...]\n\n  username=NAME and password=TEXT; without a "
                          "password it is asked for.\n\n      $ holdfast login -method=userpass username=ann");
        return kSuccess;
    }
    const auto response = run.client().send({.path = "auth/" + word, .query = {{"help", "1"}}, .isWrapped = false});
    if (!response) return run.fail("Error retrieving help", response.error());
    const auto body = Json::parse(response->body);
    if (!body) return run.fail("Error retrieving help", body.error());
    run.output().line((*body)["help"].text());
    return kSuccess;
}

} // namespace

core::Result<Json> readMountList(Client& client, const std::string& path)
{
    auto secret = client.read(path);
    if (!secret) return std::move(secret).error();
    if (!*secret) return Json::object();
    return (*secret)->data().isNull() ? Json::object() : (*secret)->data().sorted();
}

std::vector<Command> mountCommands()
{
    return {
        {"secrets enable", "Enable a secrets engine", "TYPE", R"(  Enables a secrets engine.

      $ holdfast secrets enable -version=2 kv
      $ holdfast secrets enable -path=team -description="Keys of the team" kv-v2
      $ holdfast secrets enable transit

  The type kv stores secrets. The type transit encrypts and signs data with keys that stay in the server.)",
         enableFlags(false), 1, 1, [](Invocation& run) { return enableMount(run, kSecrets); }},
        {"secrets disable",
         "Disable a secrets engine and delete its data",
         "PATH",
         R"(  Disables the secrets engine at a path, revokes its leases and deletes all its data.
  The data cannot be restored.

      $ holdfast secrets disable team/)",
         {},
         1,
         1,
         [](Invocation& run) { return disableMount(run, kSecrets); }},
        {"secrets list",
         "List the secrets engines",
         "",
         R"(  Lists the enabled secrets engines.

      $ holdfast secrets list
      $ holdfast secrets list -detailed)",
         {{"detailed", FlagKind::Switch, "Show lifetimes, replication and options as well."}},
         0,
         0,
         [](Invocation& run) { return listMounts(run, kSecrets); }},
        {"secrets tune", "Change the settings of a secrets engine", "PATH",
         R"(  Changes settings of the secrets engine at a path. Settings that are not given stay.

      $ holdfast secrets tune -default-lease-ttl=72h team/)",
         tuneFlags(false), 1, 1, [](Invocation& run) { return tuneMount(run, kSecrets); }},
        {"secrets move",
         "Move a secrets engine to another path",
         "SOURCE DESTINATION",
         R"(  Moves a secrets engine with its data. Its leases are revoked.

      $ holdfast secrets move team/ people/)",
         {},
         2,
         2,
         [](Invocation& run) { return moveMount(run, kSecrets); }},
        {"auth enable", "Enable an auth method", "TYPE", R"(  Enables an auth method.

      $ holdfast auth enable userpass
      $ holdfast auth enable -path=people userpass)",
         enableFlags(true), 1, 1, [](Invocation& run) { return enableMount(run, kAuth); }},
        {"auth disable",
         "Disable an auth method",
         "PATH",
         R"(  Disables the auth method at a path and revokes every token that it issued.

      $ holdfast auth disable userpass/)",
         {},
         1,
         1,
         [](Invocation& run) { return disableMount(run, kAuth); }},
        {"auth move",
         "Move an auth method to another path",
         "SOURCE DESTINATION",
         R"(  Moves an auth method with its users and settings. The tokens that it issued are
  revoked.

      $ holdfast auth move auth/team/ auth/people/)",
         {},
         2,
         2,
         [](Invocation& run) { return moveMount(run, kAuth); }},
        {"auth list",
         "List the auth methods",
         "",
         R"(  Lists the enabled auth methods.

      $ holdfast auth list -detailed)",
         {{"detailed", FlagKind::Switch, "Show lifetimes, replication and options as well."}},
         0,
         0,
         [](Invocation& run) { return listMounts(run, kAuth); }},
        {"auth tune", "Change the settings of an auth method", "PATH",
         R"(  Changes settings of the auth method at a path. Settings that are not given stay.

      $ holdfast auth tune -default-lease-ttl=72h userpass/)",
         authTuneFlags(), 1, 1, [](Invocation& run) { return tuneMount(run, kAuth); }},
        {"auth help",
         "Explain an auth method",
         "TYPE or PATH",
         R"(  Explains how to log in with an auth method.

      $ holdfast auth help userpass)",
         {},
         1,
         1,
         authHelp},
    };
}

} // namespace cli
