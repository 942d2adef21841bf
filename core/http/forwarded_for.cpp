#include "core/http/forwarded_for.h"

#include "core/base/ascii.h"
#include "core/base/cidr.h"

namespace core::http {
namespace {

/// "10.0.0.1", "10.0.0.1:4711", "[2001:db8::1]:4711" → the address; empty for other text. Some proxies add the port.
std::string_view addressOf(std::string_view hop)
{
    if (hop.starts_with('[')) {
        hop.remove_prefix(1);
        const auto end = hop.find(']');
        if (end == std::string_view::npos) return {};
        hop = hop.substr(0, end);
    } else if (hop.find(':') == hop.rfind(':')) {
        hop = hop.substr(0, hop.find(':'));
    }
    const bool isAddress = hop.find('/') == std::string_view::npos && normalizedCidr(hop).has_value();
    return isAddress ? hop : std::string_view{};
}

} // namespace

Result<std::string> clientAddress(const ForwardedForRules& rules, std::string_view peerAddress, const std::vector<mount::Header>& headers)
{
    std::vector<std::string_view> chain;
    bool isPresent = false;
    for (const auto& header : headers) {
        if (header.name != "x-forwarded-for") continue;
        isPresent = true;
        std::string_view rest = header.value;
        while (true) {
            const auto end = rest.find(',');
            chain.push_back(trimmed(rest.substr(0, end), " \t"));
            if (end == std::string_view::npos) break;
            rest.remove_prefix(end + 1);
        }
    }
    if (!isPresent) {
        if (!rules.rejectsNotPresent) return std::string{peerAddress};
        return Error{ErrorCode::InvalidArgument, "missing x-forwarded-for header and configured to reject when not present"};
    }
    if (!isInAnyCidr(peerAddress, rules.authorizedNetworks)) {
        if (!rules.rejectsNotAuthorized) return std::string{peerAddress};
        return Error{ErrorCode::InvalidArgument, "client address not authorized for x-forwarded-for and configured to reject connection"};
    }
    if (rules.hopSkips >= chain.size()) {
        return Error{ErrorCode::InvalidArgument, "malformed x-forwarded-for configuration or request, hops to skip (" +
                                                     std::to_string(rules.hopSkips) + ") would skip before earliest chain link (chain length " +
                                                     std::to_string(chain.size()) + ")"};
    }
    const auto address = addressOf(chain[chain.size() - 1 - rules.hopSkips]);
    if (address.empty()) return Error{ErrorCode::InvalidArgument, "malformed x-forwarded-for header: the hop that counts is not an IP address"};
    return std::string{address};
}

} // namespace core::http
