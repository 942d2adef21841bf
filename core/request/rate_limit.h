#pragma once

#include "core/mount/response.h"
#include "core/mount/router.h"
#include "core/quota/rate_limits.h"

namespace core::request {

/// What the rate limits ask of a request. Points into both.
quota::RateLimits::Asked askedOf(const mount::Request& request, const mount::MountRoute* route, std::string_view role = {});
/// 429 with the headers of the verdict.
mount::Response rateRefusal(const mount::Request& request, const quota::RateLimits::Verdict& verdict);

} // namespace core::request
