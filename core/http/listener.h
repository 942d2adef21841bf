#pragma once

#include "core/base/random.h"
#include "core/base/result.h"
#include "core/http/io_pool.h"
#include "core/http/message.h"
#include "core/request/pipeline.h"

#include <functional>
#include <memory>

typedef struct ssl_ctx_st SSL_CTX;

namespace core::http {

/// One address on which the API is served, plain or by TLS. Accepts on every thread of the pool (SO_REUSEPORT), so that a connection
/// stays on one thread. start() and stop() on one thread; the rest inside.
class Listener {
public:
    struct Options {
        std::string address = "127.0.0.1:8200"; // host:port; port 0 takes a free one
        Limits limits;
        std::chrono::seconds headerTimeout{30};   // to send a request's head, and between requests: idleTimeout
        std::chrono::seconds idleTimeout{300};
        std::chrono::seconds requestTimeout{90};  // to send the body; to take the answer
        std::size_t connectionCountMax = 10'000;
        std::string uploadDirectory = "/tmp";
        /// Null: plain. Called for each connection, so that certificates can be renewed while serving; the caller keeps a reference.
        std::function<std::shared_ptr<SSL_CTX>()> tls;
        std::vector<mount::Header> replyHeaders; // added to every reply
    };

    /// Binds and begins to accept. `pool`, `handler` and `random` (request ids; thread-safe) outlive the listener.
    /// Errors: InvalidArgument (address), Io (in use …).
    static Result<std::unique_ptr<Listener>> start(Options options, IoPool& pool, request::Pipeline& handler,
                                                   Random& random);
    virtual ~Listener() = default;

    /// The bound address, host:port.
    virtual std::string address() const = 0;
    virtual std::size_t connectionCount() const = 0;
    /// Closes the sockets; connections end when the pool stops. Idempotent.
    virtual void stop() = 0;
};

} // namespace core::http
