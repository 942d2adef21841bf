#pragma once

#include "core/base/strong_id.h"
#include "core/mount/response.h"

namespace core::request {

/// Who sent a request, as the pipeline sees it. One object for each request. Only one thread at a time calls it.
class Caller {
public:
    virtual ~Caller() = default;
    /// Called exactly once, on the request's executor or at once. `written` is the index in this cluster's log that the request has written; 0: it
    /// has written nothing.
    virtual void answer(mount::Response&& response, LogIndex written) = 0;
    /// The request begins to wait for a password thread. Until resume() nobody needs to wait for it, because it has done nothing yet.
    virtual void pause() {}
    virtual void resume() {}
};

} // namespace core::request
