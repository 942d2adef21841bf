// The addresses that a server announces to clients and to other clusters, and the address of its cluster port.

#include "core/base/origin.h"
#include "core/server/config/config_values.h"

#include <optional>

namespace core::server {
namespace {

bool isEverywhere(const std::string& host)
{
    return host == "0.0.0.0" || host == "::";
}

// A server that listens on all addresses can be reached on the loopback address, at least from its own machine.
std::string reachableHost(const std::string& host)
{
    if (host == "0.0.0.0") return "127.0.0.1";
    return host == "::" ? "::1" : host;
}

/// Host and port of a URL that parseOrigin() has accepted.
Result<ListenAddress> addressIn(const std::string& url)
{
    auto origin = core::parseOrigin(url);
    if (!origin) return std::move(origin).error();
    return ListenAddress{std::move(origin->host), origin->port};
}

/// False for an address that only this host can use: 0.0.0.0 and [::] are for listening, not for dialling.
std::optional<ListenAddress> dialable(const std::string& url)
{
    if (url.empty()) return std::nullopt;
    auto address = addressIn(url);
    if (!address || isEverywhere(address->host)) return std::nullopt;
    return std::move(*address);
}

/// If the URL names all addresses, the same URL with an address that at least this machine can reach.
std::string dialableUrl(const std::string& url)
{
    const auto address = addressIn(url);
    if (!address || !isEverywhere(address->host)) return url;
    return url.substr(0, url.find("://") + 3) + toString(ListenAddress{reachableHost(address->host), address->port});
}

std::string noAddressText(const char* key, const std::string& url)
{
    return std::string{key} + " is " + url +
           ", which means all addresses of this machine. No client and no other cluster can dial it, so it is not "
           "handed out. Set " +
           key + " to an address that they reach";
}

} // namespace

ListenAddress Config::clusterListenAddress() const
{
    const auto& listener = listeners.front();
    if (listener.clusterAddress) return *listener.clusterAddress;
    // Port 0 means any free port, here too.
    return ListenAddress{listener.address.host, static_cast<std::uint16_t>(listener.address.port == 0 ? 0 : listener.address.port + 1)};
}

std::string Config::effectiveApiAddr() const
{
    if (!apiAddr.empty()) return dialableUrl(apiAddr);
    const auto& listener = listeners.front();
    return (listener.isTlsDisabled ? "http://" : "https://") + toString(ListenAddress{reachableHost(listener.address.host), listener.address.port});
}

std::string Config::effectiveClusterAddr() const
{
    const auto given = dialable(clusterAddr);
    if (given) return clusterAddr;
    const auto api = dialable(apiAddr);
    if (!clusterAddr.empty()) {
        const auto everywhere = addressIn(clusterAddr);
        if (!everywhere || !api) return dialableUrl(clusterAddr);
        return "https://" + toString(ListenAddress{api->host, everywhere->port});
    }
    if (api) {
        if (api->port == 0xffff) return {};
        return "https://" + toString(ListenAddress{api->host, static_cast<std::uint16_t>(api->port + 1)});
    }
    const auto address = clusterListenAddress();
    return "https://" + toString(ListenAddress{reachableHost(address.host), address.port});
}

bool Config::isApiAddrKnown() const
{
    if (!apiAddr.empty()) return dialable(apiAddr).has_value();
    return listeners.empty() || !isEverywhere(listeners.front().address.host);
}

std::vector<std::string> Config::addressWarnings() const
{
    std::vector<std::string> out;
    if (!apiAddr.empty() && !dialable(apiAddr)) {
        out.push_back(noAddressText("api_addr", apiAddr));
    } else if (!isApiAddrKnown()) {
        out.push_back("no redirect address: api_addr is not set, and the listener at " + toString(listeners.front().address) +
                      " takes connections on all addresses. Activation tokens name no address of this server, and clients are sent to " +
                      effectiveApiAddr() + ", which only this machine reaches. Set api_addr to an address that clients and other clusters reach");
    } else if (apiAddr.empty()) {
        out.push_back("no redirect address: api_addr is not set. Clients and other clusters get " + effectiveApiAddr() +
                      ", from the listener. Set api_addr if they reach this server by another address");
    }
    const auto listen = clusterListenAddress();
    if (dialable(clusterAddr)) return out;
    if (!clusterAddr.empty()) {
        out.push_back(noAddressText("cluster_addr", clusterAddr));
        return out;
    }
    const auto derived = effectiveClusterAddr();
    if (!dialable(apiAddr)) {
        if (isEverywhere(listen.host)) {
            out.push_back("cluster_addr is not set and derived as " + derived + " from " + toString(listen) +
                          ", which only this machine reaches. Set cluster_addr, or api_addr, to an address that other clusters reach");
        }
        return out;
    }
    const auto address = addressIn(derived);
    if (address && listen.port != 0 && address->port != listen.port) {
        out.push_back("cluster_addr is not set and derived as " + derived + " from api_addr, but the cluster port listens on " + toString(listen) +
                      ". Set cluster_addr if nothing forwards the one to the other");
    }
    return out;
}

} // namespace core::server
