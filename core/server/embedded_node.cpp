#include "core/server/embedded_node.h"

#include "core/base/origin.h"
#include "core/base/private_file.h"

#include <arpa/inet.h>
#include <charconv>
#include <fstream>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace core::server {
namespace {

namespace fs = std::filesystem;

/// "host:port" with a free port in place of 0.
Result<ListenAddress> listenAddress(const std::string& text)
{
    auto parsed = parseHostAndPort(text, 0);
    if (!parsed) return std::move(parsed).error();
    ListenAddress address{std::move(parsed->host), parsed->port};
    if (address.port != 0) return address;
    const int probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in bound{};
    bound.sin_family = AF_INET;
    bound.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof bound;
    const bool isFree = probe >= 0 && ::bind(probe, reinterpret_cast<sockaddr*>(&bound), size) == 0 &&
                        ::getsockname(probe, reinterpret_cast<sockaddr*>(&bound), &size) == 0;
    if (probe >= 0) ::close(probe);
    if (!isFree) return Error{ErrorCode::Io, "no free port"};
    address.port = ntohs(bound.sin_port);
    return address;
}

std::string readAll(const fs::path& path)
{
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

/// The certificate of an embedded server. It is stored in its directory, so that a pinned one stays valid.
/// Each cluster's certificate has a name of its own. If several had one name, a client that trusts all of them would find only the first.
Result<crypto::Identity> identityIn(const fs::path& directory, const std::string& name, WallTime now)
{
    if (!directory.empty()) {
        std::error_code failure;
        fs::create_directories(directory, failure);
        if (failure) return Error{ErrorCode::Io, "cannot create " + directory.string() + ": " + failure.message()};
        crypto::Identity stored;
        stored.certificate = readAll(directory / "tls.crt");
        std::string key = readAll(directory / "tls.key");
        stored.key = SecretBytes::copyOf(std::string_view{key});
        wipe(key);
        const auto known = crypto::readCertificate(stored.certificate);
        if (known && !stored.key.empty() && known->notAfter > now) return stored;
    }
    auto made = crypto::makeSelfSigned({.commonName = name.substr(0, 64),
                                        .dnsNames = {"localhost"},
                                        .ipAddresses = {"127.0.0.1", "::1"},
                                        .lifetime = std::chrono::hours{24 * 365 * 10}},
                                       now);
    if (!made || directory.empty()) return made;
    if (auto written = replacePrivateFile(directory / "tls.key", made->key.view()); !written) return std::move(written).error();
    if (auto written = replacePrivateFile(directory / "tls.crt", made->certificate); !written) return std::move(written).error();
    return made;
}

} // namespace

Result<std::unique_ptr<EmbeddedNode>> EmbeddedNode::open(Options options)
{
    auto identity = identityIn(options.directory, options.name, SystemClock{}.now());
    if (!identity) return std::move(identity).error();
    auto api = listenAddress(options.apiListen);
    auto cluster = listenAddress(options.clusterListen);
    if (!api) return std::move(api).error();
    if (!cluster) return std::move(cluster).error();

    Server::Options start;
    auto& config = start.config;
    config.clusterName = options.name;
    config.isMlockDisabled = true; // the server must not lock the memory of a console
    if (options.directory.empty()) {
        config.storage.engine = StorageConfig::Engine::Memory;
        config.storage.type = "inmem";
    } else {
        config.storage.engine = StorageConfig::Engine::LevelDb;
        config.storage.type = "leveldb";
        config.storage.path = options.directory / "data";
    }
    ListenerConfig listener;
    listener.address = *api;
    listener.clusterAddress = *cluster;
    listener.origin = "embedded server";
    config.listeners.push_back(std::move(listener));
    config.apiAddr = "https://" + toString(*api);
    config.clusterAddr = "https://" + toString(*cluster);
    start.ioThreadCount = options.ioThreadCount;

    std::unique_ptr<EmbeddedNode> node{new EmbeddedNode};
    node->m_name = options.name;
    node->m_caPem = identity->certificate;
    start.identity = std::make_shared<crypto::Identity>(std::move(*identity));
    auto server = Server::start(std::move(start));
    if (!server) return std::move(server).error();
    node->m_server = std::move(*server);
    return node;
}

Result<std::unique_ptr<EmbeddedServer>> EmbeddedServer::start(Options options)
{
    auto node = EmbeddedNode::open(std::move(options));
    if (!node) return std::move(node).error();
    return std::unique_ptr<EmbeddedServer>{std::move(*node)};
}

} // namespace core::server
