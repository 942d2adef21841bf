#pragma once

#include "core/cluster/net/connection.h"
#include "core/crypto/x509.h"
#include "core/replication/links/transport.h"

#include <memory>
#include <set>

namespace core::cluster {

/// What a connection to another cluster needs.
struct DialOptions {
    std::string address;
    const crypto::Identity& identity;
    const std::string& authority;
    std::string protocol;
    std::string fingerprint{}; // a peer: known by its certificate alone, whoever issued it
};

/// How the parts of the port reach other clusters and are reached: TLS over TCP, or a simulated network.
/// On the port's thread only.
class Network {
public:
    virtual ~Network() = default;

    /// Begins to connect; `closed` of the callbacks tells of every failure, once. The connection can be closed at any time.
    /// Errors: InvalidArgument (address, certificates).
    virtual Result<std::shared_ptr<Connection>> dial(const DialOptions& options, Connection::Callbacks callbacks) = 0;

    /// Lets in whoever asks for the protocol with a certificate of the authority. Adds or replaces. Errors: InvalidArgument.
    virtual Result<> serve(const std::string& protocol, const crypto::Identity& identity, const std::string& authority) = 0;
    /// The same with one of these certificates, whoever issued it.
    virtual Result<> servePinned(const std::string& protocol, const crypto::Identity& identity, std::set<std::string> fingerprints) = 0;
    virtual void refuse(const std::string& protocol) = 0;
};

/// The ALPN protocol of a type's links.
inline const char* protocolOf(replication::Type type)
{
    return replication::linkProtocol(type);
}

} // namespace core::cluster
