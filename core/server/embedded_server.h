#pragma once

#include "core/base/result.h"

#include <filesystem>
#include <memory>
#include <string>

namespace core::server {

/// A whole server inside this process. Clients reach it like any other server: by address over TLS, with a certificate to pin.
///
/// start() and stop() block for a moment, so do not call them on the GUI thread. Only one thread at a time can use the object.
class EmbeddedServer {
public:
    struct Options {
        std::string name = "holdfast";         // cluster_name
        std::filesystem::path directory;       // data; empty: in memory, lost with the object
        std::string apiListen = "127.0.0.1:0"; // port 0: a free one
        std::string clusterListen = "127.0.0.1:0";
        unsigned ioThreadCount = 1;
    };

    /// Makes a certificate at the first start (stored in the directory), opens the storage and listens. A server whose directory
    /// was initialised before starts sealed. Errors: InvalidArgument, Io, Corrupt (names the damaged part).
    static Result<std::unique_ptr<EmbeddedServer>> start(Options options);
    virtual ~EmbeddedServer() = default;

    virtual const std::string& name() const = 0;
    /// "https://127.0.0.1:41234"
    virtual const std::string& apiAddress() const = 0;
    virtual const std::string& clusterAddress() const = 0;
    /// The certificate to trust, PEM.
    virtual const std::string& caPem() const = 0;
    /// Finishes running work, writes a checkpoint, and closes. Idempotent.
    virtual void stop() = 0;
};

} // namespace core::server
