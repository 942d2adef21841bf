#include "app/holdfast/commands/command.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <unistd.h>

namespace cli {
namespace {

constexpr std::array<std::string_view, 5> kLevels = {"trace", "debug", "info", "warn", "error"};
constexpr std::array<std::string_view, 2> kFormats = {"standard", "json"};

/// The flag, else the variable, else the default; in lower case.
std::string setting(const Invocation& run, std::string_view flag, const std::string& variable, std::string_view fallback)
{
    std::string text = run.arguments().has(flag) ? run.arguments().text(flag) : variable;
    if (text.empty()) text = fallback;
    std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
}

template<std::size_t size>
bool isOneOf(const std::array<std::string_view, size>& all, std::string_view text)
{
    return std::ranges::find(all, text) != all.end();
}

template<std::size_t size>
std::string refusal(std::string_view text, const char* what, const std::array<std::string_view, size>& all)
{
    std::string out{text};
    out.append(" is an unknown log ").append(what).append(". Valid log ").append(what).append("s are: [");
    for (bool isFirst = true; const auto& each : all) out.append(std::exchange(isFirst, false) ? "" : " ").append(each);
    return out += ']';
}

/// An interrupt is the normal end of this command: the lines that arrived are written.
class EndOnSignal {
public:
    EndOnSignal() : m_interrupt{std::signal(SIGINT, end)}, m_terminate{std::signal(SIGTERM, end)} {}
    ~EndOnSignal()
    {
        std::signal(SIGINT, m_interrupt);
        std::signal(SIGTERM, m_terminate);
    }
    EndOnSignal(const EndOnSignal&) = delete;
    EndOnSignal& operator=(const EndOnSignal&) = delete;

private:
    using Handler = void (*)(int);
    static void end(int) { ::_exit(kSuccess); }

    const Handler m_interrupt;
    const Handler m_terminate;
};

int monitorCommand(Invocation& run)
{
    const auto level = setting(run, "log-level", run.context().environment("VAULT_LOG_LEVEL"), "info");
    const auto format = setting(run, "log-format", run.context().environment("VAULT_LOG_FORMAT"), "standard");
    if (!isOneOf(kLevels, level)) return run.failLocally(refusal(level, "level", kLevels));
    if (!isOneOf(kFormats, format)) return run.failLocally(refusal(format, "format", kFormats));
    const EndOnSignal endOnSignal;
    auto& out = run.context().out;
    const auto answer = run.client().send({.path = "sys/monitor",
                                           .query = {{"log_level", level}, {"log_format", format}},
                                           .isWrapped = false,
                                           .download = [&out](std::string_view text) {
                                               out << text << std::flush;
                                               return static_cast<bool>(out);
                                           }});
    if (answer) return kSuccess;
    const int code = run.fail("Error starting monitor", answer.error());
    return code == kSuccess ? kSuccess : kUsageError; // 1, as in Vault
}

} // namespace

std::vector<Command> monitorCommands()
{
    return {{"monitor",
             "Stream log messages of a server",
             "",
             R"(  Prints the lines that the server logs from now on, until you interrupt it. The level
  can be lower than that of the server's own log:

      $ holdfast monitor -log-level=debug

  Needs read on sys/monitor. If lines come faster than this command reads them, the
  server drops some, and the output says how many. At most eight clients can listen to
  a server at a time.)",
             {{"log-level", FlagKind::Text, "trace, debug, info (the default), warn or error (VAULT_LOG_LEVEL)."},
              {"log-format", FlagKind::Text, "standard (the default) or json (VAULT_LOG_FORMAT)."}},
             0,
             0,
             monitorCommand}};
}

} // namespace cli
