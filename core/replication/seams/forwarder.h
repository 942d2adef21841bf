#pragma once

#include "core/base/executor.h"
#include "core/base/result.h"
#include "core/base/strong_id.h"
#include "core/mount/request.h"
#include "core/mount/response.h"

#include <functional>

namespace core::replication {

/// Written with every change of a mode. A transaction that has read it is refused (Conflict) when the cluster has changed its
/// role since, so that no write begun as a primary is committed as a secondary.
inline constexpr std::string_view kRoleGenerationKey = "i/core/replication/generation";

/// How a cluster that was the primary says that it has done nothing of a forwarded request, since another is the primary now.
inline constexpr int kElsewhereStatus = 421; // Misdirected Request

/// Sends a whole logical request to the primary of the performance set.
class Forwarder {
public:
    virtual ~Forwarder() = default;
    struct Answer {
        mount::Response response; // `auth`, if any, is to be registered here
        bool isApplied = true;    // false: the primary's write had not arrived here within the wait
        LogIndex index{};         // of the primary's log, that the request has written; 0: nothing shared
    };
    /// `done` runs on `executor`. Errors: Unavailable (no connection to the primary), Timeout; Conflict (this cluster follows no
    /// primary any more, and the request has been done nowhere).
    virtual void forward(const mount::Request& request, Executor& executor, std::function<void(Result<Answer>)> done) = 0;
};

/// A place in a primary's log; indexes of different epochs do not compare.
struct SharedPlace {
    Epoch epoch;
    LogIndex index;
};

/// What the cluster may do in its present replication roles; cheap to ask, asked by every request.
class RoleSource {
public:
    virtual ~RoleSource() = default;
    virtual bool isDrSecondary() const = 0;
    virtual bool isPerformanceSecondary() const = 0;
    /// The cluster is changing its role or is fenced: writes are refused with this text, when not empty.
    virtual std::string writeRefusal() const = 0;
    /// Whether that refusal passes by itself, so that asking again helps.
    virtual bool isRefusalPassing() const { return true; }
    /// A switchover has paused writes for a moment: keeps `again`, which then runs once, on any thread, with a text to refuse the
    /// write with, or with none to begin it anew. False, and nothing is kept, when writes are not paused.
    virtual bool holdWrite(std::function<void(const std::string& refusal)>) const { return false; }
    /// Up to where the set's shared data is here: a primary's own, or as far as a secondary has followed.
    virtual SharedPlace sharedPlace() const { return {}; }
};

} // namespace core::replication
