#include "app/holdfast/commands/command.h"
#include "app/holdfast/commands/key_values.h"

namespace cli {
namespace {

int patchCommand(Invocation& invocation)
{
    const auto path = invocation.path();
    const auto words = std::span{invocation.arguments().positionals()}.subspan(1);
    if (words.empty() && !invocation.arguments().isOn("force")) return invocation.failLocally("Must supply data or use -force");
    const auto data = readKeyValues(words, invocation.context().in);
    if (!data) return invocation.failLocally("Failed to parse K=V data: " + data.error().detail);
    const auto answer = invocation.client().call(
        {.method = "PATCH", .path = path, .body = data->toCompact(), .headers = {{"Content-Type", "application/merge-patch+json"}}});
    if (!answer) return invocation.fail("Error writing data to " + path, answer.error());
    if (*answer) return invocation.show(**answer);
    if (invocation.output().isTable()) invocation.output().line("Success! Data written to: " + path);
    return kSuccess;
}

} // namespace

std::vector<Command> patchCommands()
{
    return {
        {.name = "patch",
         .synopsis = "Change parts of data, configuration and secrets",
         .argumentsHelp = "PATH [K=V...]",
         .help = R"(  Sends a JSON merge patch to a path. The given members change, members that are null
  are removed, and all others stay. Give values as for "write". To change a secret,
  "kv patch" is easier.

      $ echo '{"data":{"x":"3"}}' | holdfast patch secret/data/a -
      $ holdfast patch -field=version secret/data/a @changes.json)",
         .flags = {{"force", FlagKind::Switch, "Send the request even without data.", "f"}},
         .argumentsMin = 1,
         .argumentsMax = kAnyNumber,
         .run = patchCommand,
         .printsField = true},
    };
}

} // namespace cli
