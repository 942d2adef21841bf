#include "core/sys/node/profile_handlers.h"

#include "core/mount/retry.h"

#include <atomic>

namespace core::sys {
namespace {

using mount::Response;

constexpr std::int64_t kSecondsMax = 60; // a worker is busy for that time
constexpr const char* kIndex = "Profiles of this process, as text:\n\n"
                               "goroutine, threadcreate: the threads by name, with state and CPU time\n"
                               "heap, allocs: the figures of the allocator\n"
                               "profile, trace: which threads ran during the next `seconds`, by samples\n"
                               "cmdline: the name of the program\n"
                               "block, mutex, symbol: nothing is recorded\n";

Response textAnswer(std::string text)
{
    Response response;
    response.isRaw = true;
    response.status = 200;
    response.rawBody = std::move(text);
    response.rawContentType = "text/plain; charset=utf-8";
    return response;
}

Result<Response> profile(Call& call, const ProfileServices& services, std::atomic<bool>& isBusy, std::int64_t fallback)
{
    const auto seconds = call.fields.integer("seconds").value_or(fallback);
    if (call.fields.refusal()) return *call.fields.refusal();
    if (seconds < 1 || seconds > kSecondsMax) return Response::badRequest("seconds must be between 1 and " + std::to_string(kSecondsMax));
    if (isBusy.exchange(true)) return mount::retryLater("another profile is being taken; try again later");
    const std::shared_ptr<void> busy{nullptr, [&isBusy](void*) { isBusy = false; }}; // also if it ends by an exception
    return textAnswer(services.profile(std::chrono::seconds{seconds}));
}

} // namespace

void addProfileRoutes(RouteTable& routes, ProfileServices given)
{
    const auto services = std::make_shared<const ProfileServices>(std::move(given));
    const auto isBusy = std::make_shared<std::atomic<bool>>(false);
    const auto add = [&](const char* name, Handler handle, const char* help, FieldList fields = {}) {
        routes.add({.verbs = Verb::Read,
                    .pattern = std::string{"pprof/"} + name,
                    .handle = std::move(handle),
                    .isSlow = true,
                    .fields = std::move(fields),
                    .isWithoutWarnings = true,
                    .help = help});
    };
    routes.add({.verbs = Verb::Read,
                .pattern = "pprof",
                .handle = [](Call&) -> Result<Response> { return textAnswer(kIndex); },
                .fields = kNoFields,
                .isWithoutWarnings = true,
                .help = "Lists the profiles of this process."});
    routes.add({.verbs = Verb::Read,
                .pattern = "pprof/",
                .handle = [](Call&) -> Result<Response> { return textAnswer(kIndex); },
                .fields = kNoFields,
                .isWithoutWarnings = true,
                .help = "Lists the profiles of this process."});
    const FieldList depth{{"debug", FieldType::Integer, "No effect: the answer is always text.", "0"}};
    for (const char* name : {"goroutine", "threadcreate"}) {
        add(
            name, [services](Call&) -> Result<Response> { return textAnswer(services->threads()); },
            "Lists the threads by name, with state and CPU time.", depth);
    }
    for (const char* name : {"heap", "allocs"}) {
        add(
            name, [services](Call&) -> Result<Response> { return textAnswer(services->heap()); }, "Shows the figures of the allocator.", depth);
    }
    for (const char* name : {"block", "mutex", "symbol"}) {
        add(
            name, [](Call&) -> Result<Response> { return textAnswer("This program does not record it.\n"); }, "Says that nothing is recorded.",
            depth);
    }
    add(
        "cmdline", [](Call&) -> Result<Response> { return textAnswer("holdfast"); }, "Shows the name of the program, without its arguments.");
    for (const char* name : {"profile", "trace"}) {
        const std::int64_t fallback = std::string_view{name} == "trace" ? 1 : 30;
        add(name, [services, isBusy, fallback](Call& call) { return profile(call, *services, *isBusy, fallback); },
            "Shows which threads ran during the next `seconds`, by samples.", {{"seconds", FieldType::Integer, "From 1 to 60; 30, or 1 for trace."}});
    }
}

} // namespace core::sys
