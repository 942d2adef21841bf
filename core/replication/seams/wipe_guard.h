#pragma once

#include "core/base/result.h"

#include <string>

namespace core::replication {

/// Keeps a way back from an activation, the one operation that wipes a cluster. Thread-safe; blocking.
class WipeGuard {
public:
    virtual ~WipeGuard() = default;

    struct Kept {
        std::string name; // empty: nothing was kept, `text` says why
        std::string text; // what the operator is told: what is kept, where, and how it is put back
    };
    /// Takes a snapshot of all that a wipe destroys and proves that it can be restored; nothing where nothing is worth it.
    /// Errors: NoSpace (also when there will not be enough), Io, Corrupt; then nothing is left behind.
    virtual Result<Kept> keep(const std::string& reason) = 0;
    /// Nothing is written any more: what has come since keep() is taken in. Errors: as keep(); the earlier one stays.
    virtual Result<> renew(const std::string& name) = 0;
    /// There was no wipe: it is not needed.
    virtual void discard(const std::string& name) = 0;
};

/// What an activation may do to what is there.
struct WipeOptions {
    bool skipsSafetySnapshot = false;
    bool mayReplacePrimary = false; // the cluster is a primary, and its secondaries lose it
};

} // namespace core::replication
