#pragma once

#include "core/base/clock.h"
#include "core/base/mutex.h"
#include "core/mount/request.h"

#include <boost/json/object.hpp>

#include <array>
#include <list>
#include <memory>

namespace core::server {

/// The running requests, for operators who look for slow ones. Thread-safe; the shards' mutexes are leaf locks.
class InFlight {
public:
    /// Lists the request until the returned object is destroyed. This object must outlive it.
    std::shared_ptr<const void> began(const mount::Request& request, WallTime now);
    /// By request id (spec: system-api.md §12).
    boost::json::object describe() const;

private:
    struct Entry {
        std::string id;
        std::string path;
        std::string remote; // address:port
        policy::Operation operation = policy::Operation::Read;
        WallTime startedAt;
    };
    struct alignas(64) Shard {
        mutable Mutex mutex;
        std::list<Entry> entries CORE_GUARDED_BY(mutex);
    };
    class Ticket;

    std::array<Shard, 16> m_shards;
};

} // namespace core::server
