#pragma once

#include "core/base/random.h"
#include "core/base/result.h"
#include "core/http/forwarded_for.h"
#include "core/http/io_pool.h"
#include "core/http/message.h"
#include "core/http/parser.h"
#include "core/http/proxy_header.h"
#include "core/http/redaction.h"
#include "core/http/reply_headers.h"
#include "core/http/unix_socket.h"
#include "core/request/pipeline.h"
#include "core/sys/settings/cors.h"

#include <functional>
#include <memory>

typedef struct ssl_ctx_st SSL_CTX;

namespace core::http {

/// One address on which the API is served, plain or by TLS, or a Unix socket. Accepts on every thread of the pool (SO_REUSEPORT; a Unix
/// socket on one), so that a connection stays on one thread. start() and stop() on one thread; the rest inside.
class Listener {
public:
    struct Options {
        std::string address = "127.0.0.1:8200"; // host:port; port 0 takes a free one
        std::optional<UnixSocket> unixSocket;   // instead of the address
        Limits limits;
        // As Vault's keys http_*_timeout.
        std::chrono::nanoseconds headerTimeout = std::chrono::seconds{10}; // for the TLS handshake, the first byte, and the rest of a head
        std::chrono::nanoseconds readTimeout = std::chrono::seconds{30};   // for a body
        std::chrono::nanoseconds writeTimeout = std::chrono::seconds{90};  // for an answer; for each part of one that is a file
        std::chrono::nanoseconds idleTimeout = std::chrono::seconds{300};  // between two requests
        Upload upload;
        /// Null: no TLS. Called for each connection, so that certificates can be renewed at run time. The caller keeps a reference.
        std::function<std::shared_ptr<SSL_CTX>()> tls;
        ReplyHeaders replyHeaders;
        ForwardedForRules forwardedFor;
        ProxyProtocolRules proxyProtocol;
        Redaction redaction;
        bool isRequestHeaderRequired = false; // X-Vault-Request: true, else 412
        bool isReplicationStatusOff = false;  // disable_replication_status_endpoints
        Executor* bodies = nullptr;           // for decoding large bodies; null: on the I/O thread
        /// Returns the present rules for web pages, or null. Called for requests with an origin. An empty function means that there are none.
        std::function<std::shared_ptr<const sys::CorsRules>()> cors;
    };

    /// Binds and begins to accept. `pool`, `handler` and `random` (request ids; thread-safe) must outlive the listener.
    /// Errors: InvalidArgument (address, socket settings), Io (in use …).
    static Result<std::unique_ptr<Listener>> start(Options options, IoPool& pool, request::Pipeline& handler, Random& random);
    virtual ~Listener() = default;

    /// The bound address, host:port, or the path of the socket.
    virtual std::string address() const = 0;
    /// Closes the sockets; connections end when the pool stops. Idempotent.
    virtual void stop() = 0;
};

} // namespace core::http
