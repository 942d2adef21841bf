#pragma once

#include "core/base/executor.h"
#include "core/base/result.h"
#include "core/base/strong_id.h"
#include "core/mount/request.h"
#include "core/mount/response.h"

#include <functional>

namespace core::replication {

/// Every change of a mode writes this row. A transaction that has read it fails with Conflict if the cluster has changed its role since. So
/// no write that began on a primary is committed on a secondary.
inline constexpr std::string_view kRoleGenerationKey = "i/core/replication/generation";

/// The status with which a former primary says that it has done nothing of a forwarded request, because another cluster is the primary now.
inline constexpr int kElsewhereStatus = 421; // Misdirected Request

/// Sends a whole logical request to the primary of the performance set.
class Forwarder {
public:
    virtual ~Forwarder() = default;
    struct Answer {
        mount::Response response; // `auth`, if any, must be registered here
        bool isApplied = true;    // false: the primary's write did not arrive here within the wait
        LogIndex index{};         // of the primary's log, that the request wrote; 0: it wrote nothing shared
    };
    /// `done` runs on `executor`. Errors: Unavailable (no connection to the primary), Timeout; Conflict (this cluster follows no primary
    /// any more, and no cluster has done the request).
    virtual void forward(const mount::Request& request, Executor& executor, std::function<void(Result<Answer>)> done) = 0;
};

/// A place in a primary's log; indexes of different epochs do not compare.
struct SharedPlace {
    Epoch epoch;
    LogIndex index;
};

/// What the cluster may do in its present roles. Every request asks, so it must be cheap.
class RoleSource {
public:
    virtual ~RoleSource() = default;
    virtual bool isDrSecondary() const = 0;
    virtual bool isPerformanceSecondary() const = 0;
    /// The text with which writes are refused, because the cluster changes its role or is fenced. Empty: writes are allowed.
    virtual std::string writeRefusal() const = 0;
    /// Whether the refusal ends by itself, so a client should retry.
    virtual bool isRefusalPassing() const { return true; }
    /// If writes are paused (a switchover, or a primary that has just started): keeps `again`, runs it once later, on any thread, and returns true. `again` gets a refusal text,
    /// or an empty text to begin the write again. False: writes are not paused, and `again` is not kept.
    virtual bool holdWrite(std::function<void(const std::string& refusal)>) const { return false; }
    /// How much of the set's shared data this cluster has: its own index on a primary, the position on a secondary.
    virtual SharedPlace sharedPlace() const { return {}; }
};

} // namespace core::replication
