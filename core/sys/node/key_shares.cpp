#include "core/sys/node/key_shares.h"

namespace core::sys {

Error wrongShare(std::size_t progress, int required)
{
    return Error{ErrorCode::InvalidArgument, "invalid key share; progress stays at " + std::to_string(progress) + " of " + std::to_string(required)};
}

mount::Response withOwnerOfShares(mount::Response refusal, const SealStatus& status)
{
    if (!status.areSharesPrimarys || refusal.errors.empty()) return refusal;
    auto& text = refusal.errors.front();
    for (const std::string_view about : {"invalid key share", "invalid key", "aborted"}) {
        if (text.find(about) == std::string::npos || text.find("invalid key:") != std::string::npos) continue;
        text.append("; ").append(kPrimarysSharesText);
        break;
    }
    return refusal;
}

std::string remoteOf(const mount::Request& request)
{
    if (request.remoteAddress.empty()) return "unknown";
    const bool isV6 = request.remoteAddress.find(':') != std::string::npos;
    return (isV6 ? "[" + request.remoteAddress + "]" : request.remoteAddress) + ":" + std::to_string(request.remotePort);
}

} // namespace core::sys
