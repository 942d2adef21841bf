#include "core/token/ttl.h"

#include "core/base/duration.h"

#include <algorithm>

namespace core::token {
namespace {

std::string quoted(std::chrono::seconds duration)
{
    return "\"" + toShortDuration(duration) + "\"";
}

} // namespace

Result<Ttl> computeTtl(const TtlRequest& request)
{
    using std::chrono::seconds;
    seconds max = request.mountMax;
    if (request.roleMax > seconds{0}) max = std::min(max, request.roleMax);
    if (request.explicitMax > seconds{0}) max = std::min(max, request.explicitMax);

    Ttl result;
    const auto elapsed = std::chrono::floor<seconds>(request.now - request.start);
    std::optional<seconds> rest; // until the maximum
    if (request.period > seconds{0}) {
        result.ttl = request.period;
        if (result.ttl > max) {
            result.warnings.push_back("period of " + quoted(result.ttl) + " exceeded the effective max_ttl of " + quoted(max) +
                                      "; period value is capped accordingly");
            result.ttl = max;
        }
        if (request.explicitMax > seconds{0}) rest = request.explicitMax - elapsed;
    } else {
        result.ttl = request.mountDefault;
        if (request.roleTtl > seconds{0}) result.ttl = request.roleTtl;
        if (request.increment > seconds{0}) result.ttl = request.increment;
        rest = max - elapsed;
    }
    if (rest && *rest <= seconds{0}) return Error{ErrorCode::FailedPrecondition, "past the max TTL, cannot renew"};
    if (rest && result.ttl > *rest) {
        result.warnings.push_back("TTL of " + quoted(result.ttl) + " exceeded the effective max_ttl of " + quoted(*rest) +
                                  "; TTL value is capped accordingly");
        result.ttl = *rest;
    }
    return result;
}

} // namespace core::token
