#include "app/holdfast/commands/command.h"
#include "app/holdfast/commands/key_values.h"
#include "app/holdfast/client/token_store.h"

namespace cli {
namespace {

using core::Result;
using core::SecretBytes;

/// The answer of `lookup-self` in the form of a login's answer. Errors: of the request.
Result<Secret> lookUpOwnToken(Client& client)
{
    auto secret = client.read("auth/token/lookup-self");
    if (!secret) return std::move(secret).error();
    if (!*secret) return core::Error{core::ErrorCode::NotFound, "the server says nothing about the token"};
    const auto& data = (*secret)->data();
    auto policies = data["policies"].isNull() ? Json{Json::Array{}} : data["policies"];
    Json all = policies;
    for (const auto& policy : data["identity_policies"].array()) all.append(policy);
    Json auth = Json::object({{"client_token", std::string{client.token().view()}},
                              {"accessor", data["accessor"]},
                              {"policies", all},
                              {"token_policies", policies},
                              {"identity_policies", data["identity_policies"]},
                              {"metadata", data["meta"]},
                              {"orphan", data["orphan"]},
                              {"entity_id", data["entity_id"]},
                              {"lease_duration", data["ttl"]},
                              {"renewable", data["renewable"].isTrue()}});
    return Secret{Json::object({{"auth", std::move(auth)}})};
}

/// A value that was given as K=V; otherwise asks for it on the terminal.
Result<SecretBytes> given(Invocation& run, const Json& settings, std::string_view name, std::string_view question)
{
    if (settings.has(name)) return trimmed(SecretBytes::copyOf(settings[name].text()));
    return run.ask(question);
}

Result<Secret> logInWithToken(Invocation& run, const Json& settings)
{
    auto token = given(run, settings, "token", "Token (will be hidden): ");
    if (!token) return std::move(token).error();
    if (token->empty()) return core::Error{core::ErrorCode::InvalidArgument, "a token must be passed to auth"};
    run.client().setToken(std::move(*token));
    run.client().stopWrapping();
    return lookUpOwnToken(run.client());
}

Result<Secret> logInWithPassword(Invocation& run, const Json& settings, const std::string& mount)
{
    auto username = settings["username"].text();
    if (username.empty()) username = run.context().environment("LOGNAME");
    if (username.empty()) username = run.context().environment("USER");
    if (username.empty()) return core::Error{core::ErrorCode::InvalidArgument, "'username' must be supplied"};
    auto password = given(run, settings, "password", "Password (will be hidden): ");
    if (!password) return std::move(password).error();
    auto secret = run.client().call({.method = "PUT",
                                     .path = "auth/" + mount + "/login/" + username,
                                     .body = Json::object({{"password", password->view()}}).toCompact(),
                                     .sendsToken = false});
    if (!secret) return std::move(secret).error();
    if (!*secret) return core::Error{core::ErrorCode::NotFound, "empty response from credential provider"};
    return std::move(**secret);
}

int loginCommand(Invocation& run)
{
    auto& output = run.output();
    const auto& arguments = run.arguments();
    const bool isTokenOnly = arguments.isOn("token-only");
    const bool isKept = !arguments.isOn("no-store") && !isTokenOnly;
    const auto method = withoutSlashes(arguments.text("method", "token"));
    auto words = arguments.positionals();
    if (!isKept && arguments.isOn("no-print")) return run.failLocally("-no-store and -no-print cannot be used together");
    if (method == "token" && !words.empty() && words[0].find('=') == std::string::npos) words[0].insert(0, "token=");
    auto settings = readKeyValues(words, run.context().in);
    if (!settings) return run.failLocally("Error parsing configuration: " + settings.error().detail);
    auto mount = arguments.text("path", (*settings)["mount"].isEmpty() ? method : (*settings)["mount"].text());
    mount = withoutSlashes(mount);

    Result<Secret> secret = core::Error{};
    if (method == "token") {
        secret = logInWithToken(run, *settings);
    } else if (method == "userpass" || method == "ldap" || method == "radius") {
        secret = logInWithPassword(run, *settings, mount);
    } else {
        return run.failLocally(wrapText("Unknown auth method: " + method +
                                        ". Use \"holdfast auth list\" to see the enabled auth methods. This command knows "
                                        "token, userpass, ldap and radius; others are used with \"holdfast write\"."));
    }
    if (!secret) return run.fail("Error authenticating", secret.error());

    run.client().stopWrapping();
    if (!secret->wrapInfo().isNull()) {
        if (isTokenOnly) return output.field(secret->field("wrapping_token"), "wrapping_token");
        if (!isKept) return run.show(*secret);
        run.client().setToken(SecretBytes::copyOf(secret->wrapInfo()["token"].text()));
        auto unwrapped = run.client().write("sys/wrapping/unwrap", Json{});
        if (!unwrapped) return run.fail("Error extracting token", unwrapped.error());
        if (*unwrapped) secret = std::move(**unwrapped);
    }
    const auto token = SecretBytes::copyOf(secret->auth()["client_token"].text());
    if (token.empty()) {
        output.error("The server's answer holds no token.");
        return kApiError;
    }
    if (isTokenOnly) return output.field(secret->field("token"), "token");
    if (isKept) {
        if (const auto stored = TokenStore{run.context()}.store(token); !stored) {
            output.error("Error storing token: " + stored.error().detail);
            if (arguments.isOn("no-print")) {
                output.error(wrapText("Authentication was successful, but the token was not persisted, and -no-print forbids to show it. It lives on "
                                      "until it expires."));
                return kApiError;
            }
            output.error(wrapText("Authentication was successful, but the token was not persisted. The resulting token is shown below "
                                  "for your records.") +
                         "\n");
            output.secret(*secret);
            return kApiError;
        }
        if (!run.context().environment("VAULT_TOKEN").empty()) {
            output.warning(wrapText("WARNING! The VAULT_TOKEN environment variable is set! The value of this variable will take "
                                    "precedence; if this is unwanted please unset VAULT_TOKEN or update its value accordingly.") +
                           "\n");
        }
    } else {
        output.warning(wrapText("The token was not stored in token helper. Set the VAULT_TOKEN environment variable or pass the token "
                                "below with each request to Vault.") +
                       "\n");
    }
    if (arguments.isOn("no-print")) return kSuccess;
    if (output.isTable() && isKept && !arguments.has("field")) {
        output.line(wrapText("Success! You are now authenticated. The token information displayed below is already stored in the token "
                             "helper. You do NOT need to run \"holdfast login\" again. Future requests will automatically use this "
                             "token.") +
                    "\n");
    }
    return run.show(*secret);
}

int printTokenCommand(Invocation& run)
{
    run.output().line(run.client().token().view());
    return kSuccess;
}

} // namespace

std::vector<Command> loginCommands()
{
    return {
        {"login",
         "Log in and keep the token",
         "[TOKEN or K=V...]",
         R"(  Logs in and stores the token in ~/.vault-token for later commands. If you give no
  token or password, the command asks for it on the terminal; "-" reads it from
  standard input.

      $ holdfast login
      $ holdfast login -method=userpass username=ann
      $ holdfast login -token-only -method=userpass username=ann password=-)",
         {{"method", FlagKind::Text, "Auth method: token (default), userpass, ldap or radius."},
          {"path", FlagKind::Text, "Path of the auth method (default: the name of its type)."},
          {"no-store", FlagKind::Switch, "Do not store the token."},
          {"no-print", FlagKind::Switch, "Store the token and print nothing."},
          {"token-only", FlagKind::Switch, "Print only the token and do not store it."}},
         0,
         kAnyNumber,
         loginCommand,
         true},
        {"print token",
         "Print the token in use",
         "",
         R"(  Prints the token that commands would send: VAULT_TOKEN, or the one that login stored.

      $ holdfast print token)",
         {},
         0,
         0,
         printTokenCommand},
    };
}

} // namespace cli
