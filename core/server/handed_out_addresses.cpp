// The addresses that a server hands out to clients and to other clusters, and where its cluster port listens.

#include "core/server/config_values.h"

namespace core::server {
namespace {

bool isEverywhere(const std::string& host)
{
    return host == "0.0.0.0" || host == "::";
}

// A server that listens everywhere is reached, by itself at least, on the loopback address.
std::string reachableHost(const std::string& host)
{
    if (host == "0.0.0.0") return "127.0.0.1";
    return host == "::" ? "::1" : host;
}

/// Host and port of a URL that parseOrigin() has passed.
Result<Address> addressIn(const std::string& url)
{
    const auto separator = url.find("://");
    return parseAddress(std::string_view{url}.substr(separator + 3), url.starts_with("http://") ? 80 : 443);
}

} // namespace

Address Config::clusterListenAddress() const
{
    const auto& listener = listeners.front();
    if (listener.clusterAddress) return *listener.clusterAddress;
    // Port 0 asks the system for any free port, here as well.
    return Address{listener.address.host, static_cast<std::uint16_t>(listener.address.port == 0 ? 0 : listener.address.port + 1)};
}

std::string Config::effectiveApiAddr() const
{
    if (!apiAddr.empty()) return apiAddr;
    const auto& listener = listeners.front();
    return (listener.isTlsDisabled ? "http://" : "https://") + toString(Address{reachableHost(listener.address.host), listener.address.port});
}

std::string Config::effectiveClusterAddr() const
{
    if (!clusterAddr.empty()) return clusterAddr;
    if (!apiAddr.empty()) {
        auto address = addressIn(apiAddr);
        if (!address || address->port == 0xffff) return {};
        ++address->port;
        return "https://" + toString(*address);
    }
    const auto address = clusterListenAddress();
    return "https://" + toString(Address{reachableHost(address.host), address.port});
}

bool Config::isApiAddrKnown() const
{
    return !apiAddr.empty() || listeners.empty() || !isEverywhere(listeners.front().address.host);
}

std::vector<std::string> Config::addressWarnings() const
{
    std::vector<std::string> out;
    if (!isApiAddrKnown()) {
        out.push_back("no redirect address: api_addr is not set, and the listener at " + toString(listeners.front().address)
                      + " takes connections on all addresses. Activation tokens name no address of this server, and clients are sent to "
                      + effectiveApiAddr() + ", which only this machine reaches. Set api_addr to an address that clients and other clusters reach");
    } else if (apiAddr.empty()) {
        out.push_back("no redirect address: api_addr is not set. Clients and other clusters are told " + effectiveApiAddr()
                      + ", from the listener. Set api_addr if they reach this server by another address");
    }
    const auto listen = clusterListenAddress();
    if (!clusterAddr.empty()) return out;
    const auto derived = effectiveClusterAddr();
    if (apiAddr.empty()) {
        if (isEverywhere(listen.host)) {
            out.push_back("cluster_addr is not set and derived as " + derived + " from " + toString(listen)
                          + ", which only this machine reaches. Set cluster_addr, or api_addr, to an address that other clusters reach");
        }
        return out;
    }
    const auto address = addressIn(derived);
    if (address && listen.port != 0 && address->port != listen.port) {
        out.push_back("cluster_addr is not set and derived as " + derived + " from api_addr, but the cluster port listens on "
                      + toString(listen) + ". Set cluster_addr if nothing forwards the one to the other");
    }
    return out;
}

} // namespace core::server
