#pragma once

#include "core/base/result.h"

#include <filesystem>
#include <memory>
#include <string>

namespace core::server {

/// A whole server inside this process. Clients reach it like any other server: by address over TLS, with a certificate to pin.
///
/// start() and stop() wait for the disk and for running requests, perhaps for seconds, so do not call them on the GUI thread. Only one thread at a time can use the object.
class EmbeddedServer {
public:
    struct Options {
        std::string name = "holdfast";         // cluster_name
        std::filesystem::path directory;       // data; empty: in memory, lost with the object
        std::string apiListen = "127.0.0.1:0"; // port 0: a free one
        std::string clusterListen = "127.0.0.1:0";
        unsigned ioThreadCount = 1;
    };

    /// Opens the storage and listens. It uses the certificate in the directory, or makes and stores one if there is none that is valid. The server
    /// starts sealed if its directory was initialised earlier, else uninitialised. Errors: InvalidArgument, FailedPrecondition (another process uses
    /// the directory), NoSpace, PermissionDenied, Io, Corrupt (names the damaged part).
    static Result<std::unique_ptr<EmbeddedServer>> start(Options options);
    virtual ~EmbeddedServer() = default;

    virtual const std::string& name() const = 0;
    /// "https://127.0.0.1:41234"
    virtual const std::string& apiAddress() const = 0;
    virtual const std::string& clusterAddress() const = 0;
    /// The server's self-signed certificate (PEM), which clients pin.
    virtual const std::string& caPem() const = 0;
    /// Waits for running requests (with a limit), writes a checkpoint, and closes. Idempotent; the destructor does it too.
    virtual void stop() = 0;
};

} // namespace core::server
