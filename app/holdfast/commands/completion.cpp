#include "app/holdfast/commands/command.h"

namespace cli {
namespace {

/// The shell runs the program with the line in COMP_LINE; it prints the words that fit (runCommandLine()).
constexpr const char* kBash = "complete -o default -o nospace -C holdfast holdfast\n";
constexpr const char* kZsh = "autoload -U +X bashcompinit && bashcompinit\ncomplete -o default -o nospace -C holdfast holdfast\n";
constexpr const char* kFish = "function __holdfast_complete\n"
                              "    set -lx COMP_LINE (commandline -cp)\n"
                              "    test -z (commandline -ct); and set COMP_LINE \"$COMP_LINE \"\n"
                              "    holdfast\n"
                              "end\n"
                              "complete -f -c holdfast -a \"(__holdfast_complete)\"\n";

int printScript(Invocation& run)
{
    const auto shell = run.argument(0);
    const char* script = shell == "bash" ? kBash : shell == "zsh" ? kZsh : shell == "fish" ? kFish : nullptr;
    if (!script) return run.failLocally("The shell must be bash, zsh or fish");
    run.output().raw(script);
    return kSuccess;
}

} // namespace

std::vector<Command> completionCommands()
{
    return {
        {"completion",
         "Print a script that lets a shell complete commands",
         "bash|zsh|fish",
         R"(  Prints what the shell must run, so that the tab key completes commands and options of
  holdfast. Put it into the file that the shell reads at its start.

      $ holdfast completion bash >> ~/.bashrc
      $ holdfast completion zsh >> ~/.zshrc
      $ holdfast completion fish > ~/.config/fish/completions/holdfast.fish)",
         {},
         1,
         1,
         printScript,
         false,
         [](const Arguments&) { return false; }},
    };
}

} // namespace cli
