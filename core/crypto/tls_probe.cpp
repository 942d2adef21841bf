#include "core/crypto/tls_probe.h"

#include "core/crypto/openssl_handles.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace core::crypto {
namespace {

using Clock = std::chrono::steady_clock;
using ContextHandle = std::unique_ptr<SSL_CTX, Release<SSL_CTX_free>>;
using ConnectionHandle = std::unique_ptr<SSL, Release<SSL_free>>;

class Socket {
public:
    explicit Socket(int descriptor) : m_descriptor{descriptor} {}
    Socket(Socket&& other) noexcept : m_descriptor{std::exchange(other.m_descriptor, -1)} {}
    ~Socket()
    {
        if (m_descriptor >= 0) close(m_descriptor);
    }
    int descriptor() const { return m_descriptor; }

private:
    int m_descriptor;
};

/// True if the socket became ready before the deadline.
bool waitFor(int descriptor, short events, Clock::time_point deadline)
{
    for (;;) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
        if (left <= 0) return false;
        pollfd entry{descriptor, events, 0};
        const int count = poll(&entry, 1, static_cast<int>(left));
        if (count > 0) return true;
        if (count == 0 || errno != EINTR) return false;
    }
}

std::string connectTo(const addrinfo& address, Clock::time_point deadline, std::vector<Socket>& out)
{
    Socket made{socket(address.ai_family, address.ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, address.ai_protocol)};
    if (made.descriptor() < 0) return std::strerror(errno);
    if (connect(made.descriptor(), address.ai_addr, address.ai_addrlen) != 0) {
        if (errno != EINPROGRESS) return std::strerror(errno);
        if (!waitFor(made.descriptor(), POLLOUT, deadline)) return "no answer in time";
        int error = 0;
        socklen_t size = sizeof error;
        if (getsockopt(made.descriptor(), SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0) return std::strerror(error ? error : errno);
    }
    out.push_back(std::move(made));
    return {};
}

std::string alertText()
{
    const unsigned long code = ERR_peek_last_error();
    const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
    std::string text = reason ? reason : "the other end closed the connection";
    ERR_clear_error();
    return text;
}

void addAuthorities(SSL_CTX* context, const TlsProbeOptions& options)
{
    if (!options.authorities.empty()) {
        const BioHandle bio = bioOver(options.authorities);
        while (const CertificateHandle authority = nextCertificate(bio.get())) {
            X509_STORE_add_cert(SSL_CTX_get_cert_store(context), authority.get());
        }
    } else if (!options.authorityFile.empty()) {
        SSL_CTX_load_verify_locations(context, options.authorityFile.c_str(), nullptr);
    } else {
        SSL_CTX_set_default_verify_paths(context);
    }
    ERR_clear_error();
}

void handshake(int descriptor, const TlsProbeOptions& options, TlsProbe& out)
{
    const ContextHandle context{SSL_CTX_new(TLS_client_method())};
    CORE_ASSERT(context != nullptr);
    SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
    addAuthorities(context.get(), options);
    // Errors of the chain are reported, but do not end the handshake, because the caller wants to see the rest too.
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, [](int, X509_STORE_CTX*) { return 1; });
    const ConnectionHandle connection{SSL_new(context.get())};
    CORE_ASSERT(connection != nullptr);
    in6_addr six{};
    in_addr four{};
    const bool isAddress = inet_pton(AF_INET6, options.host.c_str(), &six) == 1 || inet_pton(AF_INET, options.host.c_str(), &four) == 1;
    X509_VERIFY_PARAM* expected = SSL_get0_param(connection.get());
    if (isAddress) {
        X509_VERIFY_PARAM_set1_ip_asc(expected, options.host.c_str());
    } else {
        X509_VERIFY_PARAM_set1_host(expected, options.host.data(), options.host.size());
        // OpenSSL's macro for this uses an old-style cast.
        SSL_ctrl(connection.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, const_cast<char*>(options.host.c_str()));
    }
    std::string offered;
    for (const auto& protocol : options.protocols) {
        offered.push_back(static_cast<char>(protocol.size()));
        offered += protocol;
    }
    if (!offered.empty()) {
        SSL_set_alpn_protos(connection.get(), reinterpret_cast<const unsigned char*>(offered.data()), static_cast<unsigned>(offered.size()));
    }
    SSL_set_fd(connection.get(), descriptor);

    const auto deadline = Clock::now() + options.timeout;
    for (;;) {
        ERR_clear_error();
        const int done = SSL_connect(connection.get());
        if (done == 1) break;
        const int reason = SSL_get_error(connection.get(), done);
        const bool isWaiting = reason == SSL_ERROR_WANT_READ || reason == SSL_ERROR_WANT_WRITE;
        if (isWaiting && waitFor(descriptor, reason == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, deadline)) continue;
        out.tlsError = isWaiting ? "the handshake took too long" : alertText();
        break;
    }
    if (const STACK_OF(X509)* chain = SSL_get_peer_cert_chain(connection.get())) {
        for (int at = 0; at < sk_X509_num(chain) && at < 10; ++at) {
            if (auto info = readCertificate(certificateToPem(sk_X509_value(chain, at)))) out.chain.push_back(std::move(*info));
        }
    }
    out.hasShownCertificate = !out.chain.empty();
    if (out.hasShownCertificate && SSL_get_verify_result(connection.get()) != X509_V_OK) {
        out.verifyError = X509_verify_cert_error_string(SSL_get_verify_result(connection.get()));
    }
    out.version = SSL_get_version(connection.get());
    const unsigned char* name = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(connection.get(), &name, &size);
    if (size > 0) out.protocol.assign(reinterpret_cast<const char*>(name), size);
    SSL_shutdown(connection.get());
    ERR_clear_error();
}

} // namespace

TlsProbe probeTls(const TlsProbeOptions& options)
{
    TlsProbe out;
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICSERV;
    addrinfo* found = nullptr;
    const int failed = getaddrinfo(options.host.c_str(), std::to_string(options.port).c_str(), &hints, &found);
    if (failed != 0) {
        out.connectError = std::string{"the name does not resolve: "} + gai_strerror(failed);
        return out;
    }
    const std::unique_ptr<addrinfo, Release<freeaddrinfo>> addresses{found};
    const auto deadline = Clock::now() + options.timeout;
    std::vector<Socket> sockets;
    for (const addrinfo* at = found; at != nullptr && sockets.empty(); at = at->ai_next) {
        out.connectError = connectTo(*at, deadline, sockets);
    }
    if (sockets.empty()) return out;
    out.isConnected = true;
    handshake(sockets.front().descriptor(), options, out);
    return out;
}

} // namespace core::crypto
