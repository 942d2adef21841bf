#include "app/holdfast/commands/command.h"
#include "app/holdfast/commands/key_values.h"

namespace cli {
namespace {

/// A call about a wrapping token. It uses the token in use, if that is another one; otherwise the wrapping token itself, which must not
/// be given in both places.
core::Result<std::optional<Secret>> callAbout(Invocation& run, const std::string& path)
{
    auto token = run.argument(0);
    const bool isOwn = token.empty() || run.client().token().view() == token;
    if (!isOwn && run.client().token().empty()) {
        run.client().setToken(core::SecretBytes::copyOf(token));
        return run.client().write(path, Json{});
    }
    return run.client().write(path, isOwn ? Json{} : Json::object({{"token", token}}));
}

int unwrapCommand(Invocation& run)
{
    run.client().stopWrapping();
    const auto secret = callAbout(run, "sys/wrapping/unwrap");
    if (!secret) return run.fail("Error unwrapping", secret.error());
    if (!*secret) {
        if (run.output().isTable()) run.output().line("Successfully unwrapped. There was no data in the wrapped secret.");
        return kSuccess;
    }
    return run.show(**secret);
}

int lookUpWrapping(Invocation& run)
{
    const auto secret = run.client().write("sys/wrapping/lookup", Json::object({{"token", run.argument(0)}}), "POST");
    if (!secret) return run.fail("Error looking up wrapping token", secret.error());
    return *secret ? run.show(**secret) : kSuccess;
}

int rewrapCommand(Invocation& run)
{
    const auto secret = callAbout(run, "sys/wrapping/rewrap");
    if (!secret) return run.fail("Error rewrapping", secret.error());
    return *secret ? run.show(**secret) : kSuccess;
}

int wrapCommand(Invocation& run)
{
    const auto data = readKeyValues(run.arguments().positionals(), run.context().in);
    if (!data) return run.failLocally("Failed to parse K=V data: " + data.error().detail);
    run.client().wrapByDefault("5m0s");
    const auto secret = run.client().write("sys/wrapping/wrap", *data);
    if (!secret) return run.fail("Error wrapping", secret.error());
    return *secret ? run.show(**secret) : kSuccess;
}

} // namespace

std::vector<Command> wrappingCommands()
{
    return {
        {"unwrap",
         "Unwrap a wrapped secret",
         "[TOKEN]",
         R"(  Shows the contents of a wrapping token and uses the token up. Without an argument the
  token in use is the wrapping token.

      $ holdfast unwrap hvs.example
      $ VAULT_TOKEN=hvs.example holdfast unwrap)",
         {},
         0,
         1,
         unwrapCommand,
         true},
        {"wrapping wrap",
         "Wrap values in a token",
         "K=V...",
         R"(  Puts values into a wrapping token. The token can be unwrapped once, within five
  minutes or the time of -wrap-ttl.

      $ holdfast wrapping wrap -wrap-ttl=10m user=ann password=@password.txt)",
         {},
         1,
         kAnyNumber,
         wrapCommand,
         true},
        {"wrapping lookup",
         "Show a wrapping token without using it up",
         "TOKEN",
         R"(  Shows when, where and for how long a wrapping token was made.

      $ holdfast wrapping lookup hvs.example)",
         {},
         1,
         1,
         lookUpWrapping,
         true},
        {"wrapping rewrap",
         "Move a wrapped secret to a new token",
         "TOKEN",
         R"(  Makes a new wrapping token with the same content and lifetime. The old token is then
  used up.

      $ holdfast wrapping rewrap hvs.example)",
         {},
         1,
         1,
         rewrapCommand,
         true},
    };
}

} // namespace cli
