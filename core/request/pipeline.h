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
    /// Runs on the calling thread as far as it can; `done` runs exactly once, here and now for a read, or later on `executor`
    /// for a request that wrote, was slow, or was forwarded. The answer is whole: errors are answers too.
    virtual void handle(mount::Request request, Executor& executor, Completion done) = 0;
    /// Who wants to send a body without a bound in memory, where.
    struct UploadQuestion {
        std::string_view clientToken;
        std::string_view path; // without "v1/"
        std::string_view remoteAddress;
    };
    /// Whether the body is taken in at all. False: handle() is asked without it, and refuses.
    virtual bool mayUpload(const UploadQuestion& /*question*/) { return false; }
    /// Whether this token is valid here and bound to no other address: its bodies are not a stranger's.
    virtual bool isKnown(std::string_view /*clientToken*/, std::string_view /*remoteAddress*/) { return false; }
};

using replication::Forwarder;
using replication::RoleSource;

} // namespace core::request
