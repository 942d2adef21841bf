#include "app/holdfast/commands/command.h"

namespace cli {
namespace {

// The server treats POST and PUT alike. Each command sends what Vault's client sends for it.

int showOrFail(Invocation& run, std::string_view what, const core::Result<std::optional<Secret>>& secret)
{
    if (!secret) return run.fail(what, secret.error());
    return *secret ? run.show(**secret) : kSuccess;
}

int createToken(Invocation& run)
{
    const auto& arguments = run.arguments();
    const auto ttl = arguments.duration("ttl");
    const auto explicitMaxTtl = arguments.duration("explicit-max-ttl");
    const auto period = arguments.duration("period");
    const auto useLimit = arguments.number("use-limit", 0);
    const auto metadata = arguments.pairs("metadata");
    for (const auto* text : {&ttl, &explicitMaxTtl, &period}) {
        if (!*text) return run.failLocally(text->error().detail);
    }
    if (!useLimit) return run.failLocally(useLimit.error().detail);
    if (!metadata) return run.failLocally(metadata.error().detail);
    const auto type = arguments.text("type", "service");
    if (type != "service" && type != "batch") return run.failLocally("Invalid token type: " + type + " (service or batch)");

    Json body = Json::object();
    if (arguments.has("id")) body.set("id", arguments.text("id"));
    const auto policies = arguments.all("policy");
    body.set("policies", policies.empty() ? Json{} : Json::strings(policies));
    Json meta;
    for (const auto& [name, value] : *metadata) meta.set(name, value);
    body.set("meta", meta);
    body.set("ttl", *ttl);
    body.set("explicit_max_ttl", *explicitMaxTtl);
    body.set("period", *period);
    body.set("no_parent", arguments.isOn("orphan"));
    body.set("no_default_policy", arguments.isOn("no-default-policy"));
    body.set("display_name", arguments.text("display-name"));
    body.set("num_uses", *useLimit);
    body.set("renewable", arguments.isOn("renewable", true));
    body.set("type", type);
    body.set("entity_alias", arguments.text("entity-alias"));
    const auto role = arguments.text("role");
    return showOrFail(run, "Error creating token", run.client().write("auth/token/create" + (role.empty() ? "" : "/" + role), body, "POST"));
}

int lookUpToken(Invocation& run)
{
    const auto word = run.argument(0);
    if (word.empty()) {
        if (run.arguments().isOn("accessor")) return run.failLocally("Not enough arguments with -accessor (expected 1, got 0)");
        return showOrFail(run, "Error looking up token", run.client().read("auth/token/lookup-self"));
    }
    const bool isAccessor = run.arguments().isOn("accessor");
    return showOrFail(run, "Error looking up token",
                      run.client().write(isAccessor ? "auth/token/lookup-accessor" : "auth/token/lookup",
                                         Json::object({{isAccessor ? "accessor" : "token", word}}), "POST"));
}

int renewToken(Invocation& run)
{
    const auto increment = run.arguments().seconds("increment");
    if (!increment) return run.failLocally(increment.error().detail);
    const auto word = run.argument(0);
    const bool isAccessor = run.arguments().isOn("accessor");
    if (word.empty() && isAccessor) return run.failLocally("Not enough arguments with -accessor (expected 1, got 0)");
    Json body = Json::object({{"increment", Json{*increment}}});
    std::string path = "auth/token/renew-self";
    if (!word.empty()) {
        path = isAccessor ? "auth/token/renew-accessor" : "auth/token/renew";
        body.set(isAccessor ? "accessor" : "token", word);
    }
    return showOrFail(run, "Error renewing token", run.client().write(path, body));
}

int revokeToken(Invocation& run)
{
    const auto& arguments = run.arguments();
    const auto word = run.argument(0);
    const auto mode = arguments.text("mode");
    const bool isSelf = arguments.isOn("self");
    const bool isAccessor = arguments.isOn("accessor");
    if (isSelf && !word.empty()) return run.failLocally("Too many arguments with -self (expected 0, got 1)");
    if (!isSelf && word.empty()) return run.failLocally("Not enough arguments (expected 1, got 0)");
    if (isSelf && isAccessor) return run.failLocally("Cannot use -self with -accessor");
    if (!mode.empty() && (isSelf || isAccessor)) return run.failLocally("Cannot use -mode with -self or -accessor");
    std::string path = "auth/token/revoke";
    Json body = Json::object({{isAccessor ? "accessor" : "token", word}});
    if (isSelf) {
        path += "-self";
        body = Json{};
    } else if (isAccessor) {
        path += "-accessor";
    } else if (mode == "orphan") {
        path += "-orphan";
    } else if (mode == "path") {
        path = "sys/leases/revoke-prefix/" + run.path();
        body = Json{};
    } else if (!mode.empty()) {
        return run.failLocally("Invalid mode: " + mode + " (orphan or path)");
    }
    const auto done = run.client().write(path, body);
    if (!done) return run.fail("Error revoking token", done.error());
    run.output().line("Success! Revoked token (if it existed)");
    return kSuccess;
}

int tokenCapabilities(Invocation& run)
{
    const bool isAccessor = run.arguments().isOn("accessor");
    const bool isSelf = run.argument(1).empty();
    if (isSelf && isAccessor) return run.failLocally("Not enough arguments with -accessor (expected 2, got 1)");
    const auto path = run.argument(isSelf ? 0 : 1);
    Json body = Json::object({{"path", path}});
    if (!isSelf) body.set(isAccessor ? "accessor" : "token", run.argument(0));
    const auto secret = run.client().write(isSelf       ? "sys/capabilities-self"
                                           : isAccessor ? "sys/capabilities-accessor"
                                                        : "sys/capabilities",
                                           body, "POST");
    if (!secret) return run.fail("Error listing capabilities", secret.error());
    if (!*secret) return run.failLocally("No capabilities found");
    const auto& data = (*secret)->data();
    const auto& list = data.has("capabilities") ? data["capabilities"] : data[path];
    if (!run.output().isTable()) {
        run.output().data(list);
        return kSuccess;
    }
    std::string text;
    for (const auto& capability : list.array()) text.append(text.empty() ? "" : ", ").append(capability.text());
    run.output().line(text);
    return kSuccess;
}

} // namespace

std::vector<Command> tokenCommands()
{
    return {
        {"token create",
         "Create a token",
         "",
         R"(  Creates a token. It is a child of the token in use, unless -orphan is given. It gets
  only policies that the token in use has, unless that token is root.

      $ holdfast token create -policy=my-policy -policy=other-policy -ttl=1h
      $ holdfast token create -role=failover-handler -ttl=8h
      $ holdfast token create -type=batch -policy=default -ttl=20m)",
         {{"policy", FlagKind::Repeated, "Name of a policy of the new token; repeatable."},
          {"role", FlagKind::Text, "Use this token role."},
          {"type", FlagKind::Text, "service (default) or batch."},
          {"ttl", FlagKind::Duration, "Lifetime, such as 30m or 8h."},
          {"explicit-max-ttl", FlagKind::Duration, "Longest lifetime, renewals included."},
          {"period", FlagKind::Duration, "Period of a periodic token. Each renewal sets the remaining lifetime to it; there is no maximum."},
          {"id", FlagKind::Text, "The token itself, if the caller chooses it."},
          {"display-name", FlagKind::Text, "Name for display."},
          {"use-limit", FlagKind::Number, "Number of uses; 0: without limit."},
          {"metadata", FlagKind::Pairs, "KEY=VALUE for the audit log; repeatable."},
          {"orphan", FlagKind::Switch, "Give it no parent, so that it outlives its creator."},
          {"no-default-policy", FlagKind::Switch, "Leave out the policy \"default\"."},
          {"renewable", FlagKind::Switch, "Whether it can be renewed (default true)."},
          {"entity-alias", FlagKind::Text, "Alias of the entity. The role must allow it."}},
         0,
         0,
         createToken,
         true},
        {"token lookup",
         "Show a token",
         "[TOKEN or ACCESSOR]",
         R"(  Shows what the server knows about a token. Without an argument: the token in use.

      $ holdfast token lookup
      $ holdfast token lookup -accessor 9793c9b3-e04a-46f3-e7b8-748d7da248da)",
         {{"accessor", FlagKind::Switch, "The argument is an accessor."}},
         0,
         1,
         lookUpToken,
         true},
        {"token renew",
         "Renew a token",
         "[TOKEN or ACCESSOR]",
         R"(  Renews a token. Without an argument: the token in use.

      $ holdfast token renew
      $ holdfast token renew -increment=30m hvs.example)",
         {{"increment", FlagKind::Duration, "Requested lifetime from now. The server can give less.", "i"},
          {"accessor", FlagKind::Switch, "The argument is an accessor."}},
         0,
         1,
         renewToken,
         true},
        {"token revoke",
         "Revoke a token and its children",
         "[TOKEN or ACCESSOR]",
         R"(  Revokes a token and all its children.

      $ holdfast token revoke hvs.example
      $ holdfast token revoke -self
      $ holdfast token revoke -mode=orphan hvs.example)",
         {{"self", FlagKind::Switch, "Revoke the token in use."},
          {"accessor", FlagKind::Switch, "The argument is an accessor."},
          {"mode", FlagKind::Text, "orphan: keep the children. path: the argument is a path; revoke all tokens that were made there."}},
         0,
         1,
         revokeToken},
        {"token capabilities",
         "Print the capabilities of a token on a path",
         "[TOKEN] PATH",
         R"(  Prints what a token is allowed to do on a path. Without a token: the token in use.

      $ holdfast token capabilities secret/foo
      $ holdfast token capabilities hvs.example secret/foo)",
         {{"accessor", FlagKind::Switch, "The first argument is an accessor."}},
         1,
         2,
         tokenCapabilities},
    };
}

} // namespace cli
