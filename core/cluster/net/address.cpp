#include "core/cluster/net/address.h"

#include <charconv>

namespace core::cluster {

Result<HostAndPort> parseAddress(std::string_view text)
{
    const Error invalid{ErrorCode::InvalidArgument, "cluster address \"" + std::string{text} + "\""};
    if (const auto scheme = text.find("://"); scheme != std::string_view::npos) text.remove_prefix(scheme + 3);
    while (text.ends_with('/')) text.remove_suffix(1);
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos || colon == 0) return invalid;
    HostAndPort address;
    std::string_view host = text.substr(0, colon);
    const bool isBracketed = host.starts_with('[') && host.ends_with(']');
    if (isBracketed) host = host.substr(1, host.size() - 2);
    if (host.empty() || (!isBracketed && host.find(':') != std::string_view::npos)) return invalid;
    address.host = host;
    const std::string_view port = text.substr(colon + 1);
    const auto [end, failed] = std::from_chars(port.data(), port.data() + port.size(), address.port);
    if (failed != std::errc{} || end != port.data() + port.size()) return invalid;
    return address;
}

} // namespace core::cluster
