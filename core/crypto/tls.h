#pragma once

#include "core/crypto/x509.h"

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

struct ssl_ctx_st;
struct ssl_st;

namespace core::crypto {

/// One reference to an OpenSSL SSL_CTX. Connections made from it keep it alive.
class TlsContext {
public:
    /// Takes ownership of one reference.
    explicit TlsContext(ssl_ctx_st* context) : m_context{context} {}
    TlsContext(TlsContext&& other) noexcept : m_context{std::exchange(other.m_context, nullptr)} {}
    TlsContext& operator=(TlsContext&& other) noexcept;
    ~TlsContext();

    ssl_ctx_st* get() const { return m_context; }
    /// Another reference, for a caller that frees it: `boost::asio::ssl::context{tls.share()}`.
    ssl_ctx_st* share() const;

private:
    ssl_ctx_st* m_context;
};

/// What an API listener shows, and what it asks of clients.
struct ListenerTlsOptions {
    bool isTls13Only = false;
    bool isTls12Max = false;
    std::string cipherSuites{};      // of TLS 1.2: IANA names, or Go's, with commas between; empty: the library's choice
    std::string clientAuthorities{}; // PEM; when set, client certificates are asked for
    bool isClientCertificateRequired = false;
};

/// TLS 1.2 and 1.3 with ALPN "http/1.1". To reload, make a new context and use it for the next connection. Errors: InvalidArgument (certificate and
/// key do not match or cannot be read).
Result<TlsContext> makeListenerTls(const Identity& identity, const ListenerTlsOptions& options = {});
/// The same from PEM files. Errors: NotFound, Io, InvalidArgument.
Result<TlsContext> makeListenerTls(const std::string& certificateFile, const std::string& keyFile, const ListenerTlsOptions& options = {});

/// The server side of the cluster port: TLS 1.3, mutual, without resumption, so that a revoked certificate is seen at every handshake. The client
/// asks for a protocol by ALPN. The protocol decides which certificate is shown and which authority must have issued the client's. A protocol that
/// was not added is refused. Thread-safe. Connections can outlive the object.
class ClusterServerTls {
public:
    ClusterServerTls();
    ~ClusterServerTls();

    /// Adds or replaces a protocol. It also accepts certificates with one of the fingerprints `known` while they are valid; their issuer does not matter.
    /// Errors: InvalidArgument.
    Result<> setProtocol(const std::string& protocol, const Identity& identity, std::string_view authority, std::set<std::string> known = {});
    /// Adds or replaces a protocol between equals. It accepts only certificates with one of these fingerprints (SHA-256 of the DER form, hex). Issuer
    /// and names do not matter. Errors: InvalidArgument.
    Result<> setPinnedProtocol(const std::string& protocol, const Identity& identity, std::set<std::string> fingerprints);
    void eraseProtocol(const std::string& protocol);

    /// For boost::asio::ssl::context, as TlsContext::share().
    ssl_ctx_st* share() const { return m_context.share(); }

private:
    struct Protocols;
    std::shared_ptr<Protocols> m_protocols;
    TlsContext m_context;
};

/// The client side of the cluster port: TLS 1.3 with its own certificate and one ALPN protocol. The server's certificate must come from `authority`
/// and have `serverName` among its DNS names. Errors: InvalidArgument.
Result<TlsContext> makeClusterClientTls(const Identity& identity, std::string_view authority, const std::string& protocol,
                                        const std::string& serverName);

/// The same for a server that is known only by its certificate's fingerprint. Errors: InvalidArgument.
Result<TlsContext> makePinnedClientTls(const Identity& identity, const std::string& fingerprint, const std::string& protocol);

/// After a handshake: the peer's certificate, which is already verified. Empty if the peer showed none.
std::optional<CertificateInfo> peerCertificate(const ssl_st* connection);
/// After a handshake: `bytes` bytes that only the two ends of this connection can derive for the label (RFC 8446, 7.5). Empty if this is not a TLS
/// 1.3 connection.
std::string exportKeyingMaterial(ssl_st* connection, std::string_view label, std::size_t bytes);
/// After a handshake: the protocol that ALPN agreed on, or empty.
std::string negotiatedProtocol(const ssl_st* connection);

} // namespace core::crypto
