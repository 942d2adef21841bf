#pragma once

#include "core/base/result.h"

#include <string>

namespace core::replication {

/// Keeps a snapshot before an activation, the one operation that wipes a cluster. Thread-safe; blocking.
class WipeGuard {
public:
    virtual ~WipeGuard() = default;

    struct Kept {
        std::string name; // empty: no snapshot was taken, and `text` says why
        std::string text; // for the operator: what is kept, where, and how to restore it
    };
    /// Takes a snapshot of all data that a wipe destroys, and proves that it can be restored. No snapshot if there is nothing worth
    /// keeping. Errors: NoSpace (also if space will run out), Io, Corrupt; then nothing is left behind.
    virtual Result<Kept> keep(const std::string& reason) = 0;
    /// Takes the snapshot again after writes have ended, so that it holds everything since keep(). Errors: as keep(); the earlier snapshot
    /// stays.
    virtual Result<> renew(const std::string& name) = 0;
    /// Deletes the snapshot, because no wipe happened.
    virtual void discard(const std::string& name) = 0;
};

/// What an activation may do to the present data.
struct WipeOptions {
    bool skipsSafetySnapshot = false;
    bool mayReplacePrimary = false; // wipe even if the cluster is a primary; its secondaries lose their primary
};

} // namespace core::replication
