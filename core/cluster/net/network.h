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
    std::string fingerprint{}; // of a member: only this certificate counts, not its issuer
};

/// How the port reaches other clusters and is reached: TLS over TCP, or a simulated network. On the port's thread only.
class Network {
public:
    virtual ~Network() = default;

    /// Starts to connect. The callback `closed` reports every failure, once. The connection can be closed at any time. Errors:
    /// InvalidArgument (address, certificates).
    virtual Result<std::shared_ptr<Connection>> dial(const DialOptions& options, Connection::Callbacks callbacks) = 0;

    /// Admits callers that ask for the protocol with a certificate of the authority, or with one of these certificates (`known`, fingerprints) of any
    /// issuer. Adds or replaces. Errors: InvalidArgument.
    virtual Result<> serve(const std::string& protocol, const crypto::Identity& identity, const std::string& authority,
                           std::set<std::string> known) = 0;
    /// Admits only callers with one of these certificates, of any issuer.
    virtual Result<> servePinned(const std::string& protocol, const crypto::Identity& identity, std::set<std::string> fingerprints) = 0;
    virtual void refuse(const std::string& protocol) = 0;
};

/// The ALPN protocol of a type's links.
inline const char* protocolOf(replication::Type type)
{
    return replication::linkProtocol(type);
}

} // namespace core::cluster
