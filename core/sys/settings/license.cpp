#include "core/sys/routes/handlers.h"

namespace core::sys {
namespace {

namespace json = boost::json;
using mount::Response;

/// The features, under the names that clients look for.
json::array features()
{
    return {"Performance Replication", "DR Replication", "Automated Snapshots"};
}

} // namespace

void addLicenseRoutes(RouteTable& routes)
{
    routes.add({.verbs = Verb::Read,
                .pattern = "license/features",
                .handle = [](Call&) -> Result<Response> {
                    return Response::ofData({{"features", features()}});
                },
                .isInjected = true,
                .help = "Lists the features that clients may offer. None of them needs a licence."});
    routes.add({.verbs = Verb::Read,
                .pattern = "license/status",
                .handle = [](Call&) -> Result<Response> {
                    return Response::ofData(
                        {{"autoloaded", json::object{{"features", features()}}}, {"autoloading_used", false}, {"persisted_autoload", nullptr}});
                },
                .fields = kNoFields,
                .help = "Lists the features that clients may offer. There is no licence."});
}

} // namespace core::sys
