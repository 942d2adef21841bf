#pragma once

#include "core/base/executor.h"
#include "core/mount/request.h"
#include "core/mount/response.h"
#include "core/replication/forwarder.h"

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
    /// Whether a body without a bound is taken in at all from this token, for this path (without "v1/"). False: handle() is asked
    /// without it, and refuses.
    virtual bool mayUpload(std::string_view /*clientToken*/, std::string_view /*path*/) { return false; }
};

using replication::Forwarder;
using replication::RoleSource;

} // namespace core::request
