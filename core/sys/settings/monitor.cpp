// sys/monitor and sys/loggers: the log of this process while it is written, and its levels (spec: quotas-namespaces-misc.md §11).
#include "core/base/log_levels.h"
#include "core/base/log_listener.h"
#include "core/base/secret_bytes.h"
#include "core/mount/answer_stream.h"
#include "core/mount/retry.h"
#include "core/sys/routes/handlers.h"

#include <algorithm>

namespace core::sys {
namespace {

namespace json = boost::json;
using mount::Response;

class LogStream final : public mount::AnswerStream {
public:
    LogStream(std::unique_ptr<logging::LogListener> listener, SecretBytes token) : m_listener{std::move(listener)}, m_token{std::move(token)} {}
    std::string take() override { return m_listener->take(); }
    void onMore(std::function<void()> wake) override { m_listener->onLine(std::move(wake)); }
    const SecretBytes& token() const override { return m_token; }

private:
    const std::unique_ptr<logging::LogListener> m_listener;
    const SecretBytes m_token;
};

std::optional<logging::Format> formatOf(std::string text)
{
    std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (text.empty() || text == "standard" || text == "unspecified") return logging::Format::Standard;
    if (text == "json") return logging::Format::Json;
    return std::nullopt;
}

Result<Response> monitor(Call& call)
{
    const auto level = logging::knownLevel(call.fields.textOr("log_level", {}));
    const auto format = formatOf(call.fields.textOr("log_format", {}));
    if (call.fields.refusal()) return *call.fields.refusal();
    if (!level) return Response::badRequest("unknown log level");
    if (!format) return Response::badRequest("unknown log format");
    auto listener = logging::LogListener::open(*level, *format);
    if (!listener) return mount::retryLater(listener.error().detail);
    Response response;
    response.status = 200;
    response.isRaw = true;
    response.rawContentType = *format == logging::Format::Json ? "application/json" : "text/plain; charset=utf-8";
    response.rawStream = std::make_shared<LogStream>(std::move(*listener), SecretBytes::copyOf(call.request.clientToken));
    return response;
}

Response levelsAnswer(std::span<const std::string_view> names)
{
    json::object data;
    for (const auto name : names) {
        if (const auto level = logging::levelOf(name)) data[name] = logging::levelName(*level);
    }
    return Response::ofData(std::move(data));
}

/// An attacker could lower the levels to leave no traces. So a change is logged before it takes effect.
void note(const Call& call, std::string_view logger, std::string_view level)
{
    logging::warn("sys", "the level of the log is changed",
                  {{"logger", std::string{logger}}, {"level", std::string{level}}, {"remote_address", call.request.remoteAddress}});
}

Response unknownLogger(std::string_view name)
{
    return Response::badRequest("logger \"" + std::string{name} + "\" not found");
}

/// `name` empty: all of them.
Result<Response> setLevel(Call& call, std::string_view name)
{
    const auto text = call.fields.text("level");
    if (call.fields.refusal()) return *call.fields.refusal();
    if (!text) return Response::badRequest("level is required");
    if (text->empty()) return Response::badRequest("level is empty");
    const auto level = logging::knownLevel(*text);
    if (!level) return Response::badRequest("invalid level provided: unknown log level: " + *text);
    if (!name.empty() && !logging::levelOf(name)) return unknownLogger(name);
    note(call, name.empty() ? "all" : name, logging::levelName(*level));
    if (name.empty()) logging::setLevels(*level);
    else logging::setLevel(name, *level);
    return Response{};
}

Result<Response> resetLevel(Call& call, std::string_view name)
{
    if (!name.empty() && !logging::levelOf(name)) return unknownLogger(name);
    note(call, name.empty() ? "all" : name, "as configured");
    if (name.empty()) logging::resetLevels();
    else logging::resetLevel(name);
    return Response{};
}

} // namespace

void addMonitorRoutes(RouteTable& routes)
{
    const FieldList levelField{"level"};
    routes.add(
        {.verbs = Verb::Read,
         .pattern = "monitor",
         .handle = monitor,
         .help = "Sends the lines that this node logs from now on, until the client leaves: `log_level` (info), `log_format` (standard or json)."});
    routes.add({.verbs = Verb::Read,
                .pattern = "loggers",
                .handle = [](Call&) -> Result<Response> { return levelsAnswer(logging::loggerNames()); },
                .fields = kNoFields,
                .help = "Lists the loggers of this node with their levels."});
    routes.add({.verbs = Verb::Write,
                .pattern = "loggers",
                .handle = [](Call& call) { return setLevel(call, {}); },
                .fields = levelField,
                .help = "Sets the `level` of all loggers until the program ends: trace, debug, info, warn or error."});
    routes.add({.verbs = Verb::Delete,
                .pattern = "loggers",
                .handle = [](Call& call) { return resetLevel(call, {}); },
                .help = "Resets all loggers to the level of the configuration."});
    routes.add({.verbs = Verb::Read,
                .pattern = "loggers/*name",
                .handle = [](Call& call) -> Result<Response> {
                    const std::string_view name = call.part("name");
                    return levelsAnswer({&name, 1});
                },
                .fields = kNoFields,
                .help = "Shows the level of one logger."});
    routes.add({.verbs = Verb::Write,
                .pattern = "loggers/*name",
                .handle = [](Call& call) { return setLevel(call, call.part("name")); },
                .fields = levelField,
                .help = "Sets the `level` of one logger."});
    routes.add({.verbs = Verb::Delete,
                .pattern = "loggers/*name",
                .handle = [](Call& call) { return resetLevel(call, call.part("name")); },
                .help = "Resets one logger to the level of the configuration."});
}

} // namespace core::sys
