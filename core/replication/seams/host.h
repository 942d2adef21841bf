#pragma once

#include "core/barrier/barrier.h"
#include "core/log/record.h"

#include <chrono>
#include <string>
#include <vector>

namespace core::replication {

/// What replication needs from the server that it runs in. Thread-safe. Functions may block and are called on the manager's worker thread,
/// unless stated otherwise.
class Host {
public:
    virtual ~Host() = default;

    /// Advertised addresses ("https://…"), empty when not configured. Any thread.
    virtual std::string apiAddress() const = 0;
    virtual std::string clusterAddress() const = 0;
    /// Identity and addresses of this cluster, independent of its roles. Any thread.
    virtual std::string clusterId() const { return {}; }
    virtual std::string clusterName() const { return {}; }
    virtual bool isDev() const = 0;
    /// The id of the initial root token of a development server, or empty.
    virtual std::string devRootToken() const = 0;

    /// Waits until all earlier accepted requests have been answered, at most this long.
    virtual void waitForRequests(std::chrono::milliseconds atMost) = 0;

    /// Rows that this node keeps when its contents are replaced (its cluster's name and id …), sealed by the barrier of the new contents.
    /// Errors: Io, Corrupt.
    virtual Result<std::vector<log::Operation>> keptOperations(const barrier::Barrier& next) = 0;

    /// The role or all stored data has changed. Loads mount tables, policies, audit devices, expirations and the like again, and starts
    /// what the new role runs (a DR secondary: almost nothing).
    virtual void reload() = 0;
    /// Makes a root token with this id, on a performance secondary between development servers.
    virtual Result<> makeRootToken(const std::string& id) = 0;
};

} // namespace core::replication
