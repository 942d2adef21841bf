#pragma once

#include "core/base/executor.h"
#include "core/mount/request.h"
#include "core/mount/response.h"
#include "core/replication/forwarder.h"

#include <functional>

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
};

using replication::Forwarder;
using replication::RoleSource;

} // namespace core::request
