#include "core/sys/replication/drill_handlers.h"

#include "core/sys/replication/operation_guards.h"

namespace core::sys {
namespace {

using mount::Response;

} // namespace

void addDrillRoutes(RouteTable& routes, DrillServices given)
{
    const auto services = std::make_shared<const DrillServices>(std::move(given));
    const std::string pattern = "replication/dr/secondary/drill";
    routes.add({.verbs = Verb::Write,
                .pattern = pattern,
                .handle = guarded(onlyOnDrSecondary(services->replication),
                                  [services](Call&) -> Result<Response> {
                                      auto id = services->start();
                                      if (!id) return Response::badRequest(id.error().detail);
                                      return Response::ofData({{"id", *id}, {"state", "running"}});
                                  }),
                .isOnDrSecondary = true,
                .isSlow = true,
                .fields = FieldList{"dr_operation_token"},
                .help = "Rehearses a failover on a copy of this DR secondary. Read the path for its progress and its evidence."});
    routes.add({.verbs = Verb::Read,
                .pattern = pattern,
                .handle = [services](Call&) -> Result<Response> {
                    auto evidence = services->evidence();
                    if (!evidence) return std::move(evidence).error();
                    return evidence->empty() ? Response::error(404, {}) : Response::ofData(std::move(*evidence));
                },
                .openVerbs = Verb::Read,
                .isOnDrSecondary = true,
                .isSlow = true,
                .help = "Shows the running drill, or the last one: its steps with times, counts and roots. It names no stored data."});
}

} // namespace core::sys
