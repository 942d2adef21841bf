#pragma once

#include "core/base/executor.h"
#include "core/mount/request.h"
#include "core/mount/response.h"
#include "core/replication/seams/forwarder.h"

#include <functional>
#include <string_view>

namespace core::request {

using Completion = std::function<void(mount::Response)>;

/// Takes a request to its answer: token, policy, audit, routing, commit, forwarding, wrapping, audit again.
/// Thread-safe.
class Pipeline {
public:
    virtual ~Pipeline() = default;
    /// Runs on the calling thread as far as possible. `done` runs exactly once. For a read it runs here and now. For a request that wrote, was slow
    /// or was forwarded, it runs later on `executor`. The answer is complete: errors are answers too.
    virtual void handle(mount::Request request, Executor& executor, Completion done) = 0;
    /// What is known about a request with an unbounded body before the body is read.
    struct UploadQuestion {
        std::string_view clientToken;
        std::string_view path; // without "v1/"
        std::string_view remoteAddress;
    };
    /// True if the body can be received. If false, handle() is called without the body, and refuses the request.
    virtual bool mayUpload(const UploadQuestion& /*question*/) { return false; }
    /// True if this token is valid here and not bound to another address. The server then trusts its sender with a larger body.
    virtual bool isKnown(std::string_view /*clientToken*/, std::string_view /*remoteAddress*/) { return false; }
};

using replication::Forwarder;
using replication::RoleSource;

} // namespace core::request
