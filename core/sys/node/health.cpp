#include "core/sys/node/health.h"

#include "core/mount/fields.h"

namespace core::sys {
namespace {

namespace json = boost::json;
using mount::Response;

/// The status codes of all states, after the query's choices.
struct Codes {
    int uninitialized = 501;
    int sealed = 503;
    int drSecondary = 472;
    int active = 200;
    int lagging = 475;
};

/// A status below 200 tells a proxy that the answer is still to come, and 304 that it has no body. So a stranger who chose one could mix up the answers
/// that the proxy gives to others.
bool isFinalWithBody(std::int64_t status)
{
    return status >= 200 && status <= 999 && status != 304;
}

/// False if one of them is not the status of a whole answer. A cluster of one node is never a standby and never removed, so those codes are only checked.
bool readCodes(mount::Fields& fields, Codes& codes)
{
    int other = 0;
    const std::pair<const char*, int*> all[] = {
        {"uninitcode", &codes.uninitialized}, {"sealedcode", &codes.sealed}, {"drsecondarycode", &codes.drSecondary},
        {"activecode", &codes.active},        {"lagcode", &codes.lagging},   {"standbycode", &other},
        {"performancestandbycode", &other},   {"haunhealthycode", &other},   {"removedcode", &other}};
    for (const auto& [name, code] : all) {
        const auto chosen = fields.integer(name);
        if (chosen && !isFinalWithBody(*chosen)) return false;
        if (chosen) *code = static_cast<int>(*chosen);
    }
    for (const auto* name : {"standbyok", "perfstandbyok"}) {
        [[maybe_unused]] const auto isAsked = fields.boolean(name);
    }
    return !fields.refusal();
}

std::string secondsText(std::chrono::milliseconds time)
{
    return std::to_string(time.count() / 1000) + "." + std::to_string(time.count() % 1000 / 100) + " s";
}

std::string millisecondsText(std::chrono::milliseconds time)
{
    return std::to_string(time.count()) + " ms";
}

/// Why the secondary counts as too far behind. Empty if it does not.
std::string lagReason(const Following& following, std::chrono::nanoseconds lagMax)
{
    if (!following.lag) {
        return "this " + following.type +
               " secondary has not compared equal with its primary since it was unsealed. Wait, or look at the link's verdict.";
    }
    if (*following.lag <= lagMax) return {};
    const auto limit = std::chrono::floor<std::chrono::milliseconds>(lagMax);
    // Tenths of a second can hide a small difference: "5.0 s behind its primary, which is more than 5.0 s".
    const auto textOf = secondsText(*following.lag) == secondsText(limit) ? millisecondsText : secondsText;
    return following.type + " replication is " + textOf(*following.lag) + " behind its primary, which is more than " + textOf(limit) +
           (following.isConnected ? "" : "; the secondary is not connected to its primary");
}

} // namespace

Response healthAnswer(const Health& health, const mount::Request& request, WallTime now)
{
    mount::Fields fields{request.data};
    Codes codes;
    const auto lagMax = fields.duration("maxlag");
    if (!readCodes(fields, codes) || (lagMax && lagMax->count() < 0)) return Response::error(400, {});
    const bool isOpen = health.isInitialized && !health.isSealed;
    const std::string lag = isOpen && health.following && lagMax ? lagReason(*health.following, *lagMax) : std::string{};
    const int status = !health.isInitialized  ? codes.uninitialized
                       : health.isSealed      ? codes.sealed
                       : !lag.empty()         ? codes.lagging
                       : health.isDrSecondary ? codes.drSecondary
                                              : codes.active;
    json::object body{{"initialized", health.isInitialized},
                      {"sealed", health.isSealed},
                      {"standby", false},
                      {"performance_standby", false},
                      {"replication_performance_mode", health.performanceMode},
                      {"replication_dr_mode", health.drMode},
                      {"server_time_utc", toUnixSeconds(now)},
                      {"version", kReportedVersion},
                      {"enterprise", true}}; // clients read this field to learn whether a server can replicate
    if (isOpen) {
        body["cluster_name"] = health.clusterName;
        body["cluster_id"] = health.clusterId;
        body["last_wal"] = health.lastWal;
        const auto& following = health.following;
        body["echo_duration_ms"] = 0; // there is no echo to the active node, because this is it
        body["clock_skew_ms"] = following ? following->clockSkew.count() : 0;
        // There is no number for a secondary whose lag is not known yet.
        if (!following || following->lag) body["replication_primary_canary_age_ms"] = following ? following->lag->count() : 0;
    }
    if (!lag.empty()) body["replication_lag"] = lag;
    if (isOpen && !health.twoPrimaries.empty()) body["two_primaries"] = health.twoPrimaries;
    if (isOpen && !health.auditFailure.empty()) body["audit_failure"] = health.auditFailure;
    return Response::raw(status, body);
}

} // namespace core::sys
