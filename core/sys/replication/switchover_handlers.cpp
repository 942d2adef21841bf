#include "core/sys/replication/switchover_handlers.h"

namespace core::sys {

using mount::Response;
using replication::Switchover;
using replication::Type;

namespace {

constexpr std::chrono::milliseconds kPauseMin{50};
constexpr std::chrono::milliseconds kPauseMax{60'000};

Response begin(Switchover& switchover, Type type, Call& call)
{
    Switchover::Options options;
    options.secondaryId = call.fields.textOr("secondary_id", {});
    if (const auto pause = call.fields.duration("max_pause")) options.pauseMax = std::chrono::duration_cast<std::chrono::milliseconds>(*pause);
    if (call.fields.refusal()) return *call.fields.refusal();
    if (options.pauseMax < kPauseMin || options.pauseMax > kPauseMax) return Response::badRequest("max_pause must be between 50ms and 60s");
    return switchover.begin(type, options);
}

} // namespace

void addSwitchoverRoutes(RouteTable& routes, Switchover& switchover)
{
    for (const Type type : {Type::Performance, Type::Dr}) {
        const std::string pattern = "replication/" + std::string{toString(type)} + "/primary/switchover";
        routes.add({.verbs = Verb::Write,
                    .pattern = pattern,
                    .handle = [&switchover, type](Call& call) -> Result<Response> { return begin(switchover, type, call); },
                    .isSlow = true,
                    .fields = FieldList{"secondary_id", "max_pause"},
                    .help = "Hands the primary role over to a secondary and follows it. Writes wait for that time."});
        routes.add({.verbs = Verb::Read,
                    .pattern = pattern,
                    .handle = [&switchover, type](Call&) -> Result<Response> { return switchover.progress(type); },
                    .help = "Shows the progress of a switchover, or the result of the last one."});
        routes.add({.verbs = Verb::Delete,
                    .pattern = pattern,
                    .handle = [&switchover, type](Call& call) -> Result<Response> {
                        const bool isForced = call.fields.booleanOr("force", false);
                        if (call.fields.refusal()) return *call.fields.refusal();
                        return switchover.abandon(type, isForced);
                    },
                    .isSlow = true,
                    .help = "Cancels a switchover whose result is unknown."});
    }
}

} // namespace core::sys
