#include "core/sys/node/version_history.h"

#include "core/sys/routes/handlers.h"
#include "core/sys/node/node.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>

namespace core::sys {
namespace {

namespace json = boost::json;
using mount::Response;

constexpr std::string_view kFolder = "core/versions/";

struct Installed {
    std::string version;
    std::string at; // RFC 3339
    std::string buildDate;
};

/// Oldest first.
Result<std::vector<Installed>> loadVersions(const barrier::Scope& scope)
{
    std::vector<Installed> versions;
    bool isForeign = false;
    auto walked = scope.local(std::string{kFolder}).forEach({}, [&](std::string_view version, std::string_view value) {
        json::error_code failed;
        const auto record = json::parse(json::string_view{value.data(), value.size()}, failed);
        if (failed || !record.is_object()) {
            isForeign = true;
            return false;
        }
        mount::Fields fields{record.get_object()};
        versions.push_back({std::string{version}, fields.textOr("timestamp_installed", {}), fields.textOr("build_date", {})});
        return true;
    });
    if (!walked) return walked.error();
    if (isForeign) return Error{ErrorCode::Corrupt, "stored version history"};
    // The texts of UTC times sort like the times, at least to the second.
    std::ranges::stable_sort(versions, {}, &Installed::at);
    return versions;
}

Result<Response> list(const Call& call)
{
    auto versions = loadVersions(call.scope());
    if (!versions) return versions.error();
    json::array keys;
    json::object info;
    json::value previous = nullptr;
    for (const auto& installed : *versions) {
        keys.emplace_back(installed.version);
        info[installed.version] =
            json::object{{"build_date", installed.buildDate}, {"previous_version", previous}, {"timestamp_installed", installed.at}};
        previous = json::value(json::string{installed.version});
    }
    if (keys.empty()) return Response{};
    return Response::ofData({{"keys", std::move(keys)}, {"key_info", std::move(info)}});
}

} // namespace

Result<bool> noteVersion(const barrier::Scope& scope, WallTime now)
{
    auto versions = scope.local(std::string{kFolder});
    auto isKnown = versions.exists(kReportedVersion);
    if (!isKnown) return isKnown.error();
    if (*isKnown) return false;
    const json::object record{{"timestamp_installed", toRfc3339(now)}, {"build_date", buildDate()}};
    if (auto put = versions.put(kReportedVersion, json::serialize(record)); !put) return put.error();
    return true;
}

void addVersionHistoryRoutes(RouteTable& routes)
{
    routes.add({.verbs = Verb::List,
                .pattern = "version-history",
                .handle = [](Call& call) { return list(call); },
                .help = "Lists the versions of the program that this cluster's data has seen, oldest first."});
}

} // namespace core::sys
