#pragma once

#include "core/barrier/barrier.h"
#include "core/log/record.h"

#include <chrono>
#include <string>
#include <vector>

namespace core::replication {

/// What replication asks of the server that it is part of. Thread-safe; may block, called on the manager's worker thread
/// unless it says otherwise.
class Host {
public:
    virtual ~Host() = default;

    /// Advertised addresses ("https://…"), empty when not configured. Any thread.
    virtual std::string apiAddress() const = 0;
    virtual std::string clusterAddress() const = 0;
    /// How this cluster is told from others and called, wherever it stands in a replication set. Any thread.
    virtual std::string clusterId() const { return {}; }
    virtual std::string clusterName() const { return {}; }
    virtual bool isDev() const = 0;
    /// The id of the initial root token of a development server, or empty.
    virtual std::string devRootToken() const = 0;

    /// Waits until requests that were accepted before have been answered, at most so long.
    virtual void waitForRequests(std::chrono::milliseconds atMost) = 0;

    /// The contents are about to be replaced: what this node keeps for itself (its cluster's name and id …), sealed by
    /// the barrier of the new contents. Errors: Io, Corrupt.
    virtual Result<std::vector<log::Operation>> keptOperations(const barrier::Barrier& next) = 0;

    /// The role has changed, or everything stored has: load mount tables, policies, audit devices, expirations and the
    /// like again, run what the new role runs (a DR secondary: next to nothing).
    virtual void reload() = 0;
    /// Makes a root token with this id, in a performance secondary between development servers.
    virtual Result<> makeRootToken(const std::string& id) = 0;

    /// These physical keys were changed by replication: drop what is cached of them. On the cluster port's thread: quick.
    virtual void invalidate(const std::vector<std::string>& keys) = 0;
};

} // namespace core::replication
