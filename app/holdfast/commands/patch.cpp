#include "app/holdfast/commands/command.h"
#include "app/holdfast/commands/key_values.h"

namespace cli {
namespace {

int patchCommand(Invocation& run)
{
    const auto path = run.path();
    const auto words = std::span{run.arguments().positionals()}.subspan(1);
    if (words.empty() && !run.arguments().isOn("force")) return run.failLocally("Must supply data or use -force");
    const auto data = readKeyValues(words, run.context().in);
    if (!data) return run.failLocally("Failed to parse K=V data: " + data.error().detail);
    const auto secret = run.client().call(
        {.method = "PATCH", .path = path, .body = data->toCompact(), .headers = {{"Content-Type", "application/merge-patch+json"}}});
    if (!secret) return run.fail("Error writing data to " + path, secret.error());
    if (*secret) return run.show(**secret);
    if (run.output().isTable()) run.output().line("Success! Data written to: " + path);
    return kSuccess;
}

} // namespace

std::vector<Command> patchCommands()
{
    return {
        {"patch",
         "Change parts of data, configuration and secrets",
         "PATH [K=V...]",
         R"(  Sends a JSON merge patch to a path. The given members change, members that are null
  are removed, and all others stay. Give values as for "write". To change a secret,
  "kv patch" is easier.

      $ echo '{"data":{"x":"3"}}' | holdfast patch secret/data/a -
      $ holdfast patch -field=version secret/data/a @changes.json)",
         {{"force", FlagKind::Switch, "Send the request even without data.", "f"}},
         1,
         kAnyNumber,
         patchCommand,
         true},
    };
}

} // namespace cli
