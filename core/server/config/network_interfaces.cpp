#include "core/server/config/network_interfaces.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <bit>
#include <fstream>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <set>
#include <sstream>

namespace core::server {
namespace {

/// The interfaces with a default route, from the kernel's two tables.
std::set<std::string> defaultInterfaces()
{
    std::set<std::string> out;
    std::string line;
    std::ifstream v4{"/proc/net/route"};
    while (std::getline(v4, line)) {
        std::istringstream fields{line};
        std::string name, destination, gateway, flags, references, uses, metric, mask;
        if (fields >> name >> destination >> gateway >> flags >> references >> uses >> metric >> mask && destination == "00000000" &&
            mask == "00000000") {
            out.insert(name);
        }
    }
    std::ifstream v6{"/proc/net/ipv6_route"};
    while (std::getline(v6, line)) {
        std::istringstream fields{line};
        std::string destination, bits, source, sourceBits, next, metric, references, uses, flags, name;
        if (fields >> destination >> bits >> source >> sourceBits >> next >> metric >> references >> uses >> flags >> name && bits == "00" &&
            name != "lo" && destination.find_first_not_of('0') == std::string::npos) {
            out.insert(name);
        }
    }
    return out;
}

unsigned bitCount(const unsigned char* bytes, std::size_t size)
{
    unsigned count = 0;
    for (std::size_t at = 0; at < size; ++at) count += static_cast<unsigned>(std::popcount(bytes[at]));
    return count;
}

} // namespace

std::vector<InterfaceAddress> systemInterfaces()
{
    ifaddrs* list = nullptr;
    if (::getifaddrs(&list) != 0) return {};
    const auto defaults = defaultInterfaces();
    std::vector<InterfaceAddress> out;
    for (const auto* each = list; each != nullptr; each = each->ifa_next) {
        if (each->ifa_addr == nullptr) continue;
        const bool isV6 = each->ifa_addr->sa_family == AF_INET6;
        if (!isV6 && each->ifa_addr->sa_family != AF_INET) continue;
        const auto bytesOf = [&](const sockaddr* address) -> const unsigned char* {
            return isV6 ? reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr.s6_addr
                        : reinterpret_cast<const unsigned char*>(&reinterpret_cast<const sockaddr_in*>(address)->sin_addr);
        };
        std::array<char, INET6_ADDRSTRLEN> text{};
        if (::inet_ntop(each->ifa_addr->sa_family, bytesOf(each->ifa_addr), text.data(), text.size()) == nullptr) continue;
        const std::size_t size = isV6 ? 16 : 4;
        const auto has = [&](unsigned flag) { return (each->ifa_flags & flag) != 0; };
        out.push_back({.interface = each->ifa_name,
                       .address = text.data(),
                       .prefixBits = each->ifa_netmask ? bitCount(bytesOf(each->ifa_netmask), size) : static_cast<unsigned>(size * 8),
                       .isV6 = isV6,
                       .isUp = has(IFF_UP),
                       .isLoopback = has(IFF_LOOPBACK),
                       .isBroadcast = has(IFF_BROADCAST),
                       .isMulticast = has(IFF_MULTICAST),
                       .isPointToPoint = has(IFF_POINTOPOINT),
                       .hasDefaultRoute = defaults.contains(each->ifa_name)});
    }
    ::freeifaddrs(list);
    return out;
}

} // namespace core::server
