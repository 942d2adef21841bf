#pragma once

#include "core/log/record.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace core::log {

class Store;

/// How staged contents replace the present ones.
struct Placing {
    /// Which of the classes `l/` and `s/` are replaced, as letters. A class that is not named stays. `i/` is always replaced; see isKept.
    std::string classes = "ls";
    /// True for an `i/` key that stays.
    std::function<bool(std::string_view key)> isKept = [](std::string_view) { return true; };
    /// Keys of replaced classes that keep their present value, even if a staged row has the same key. If there is no such
    /// key now, the staged row is used.
    struct Present {
        std::string key;
        merkle::KeyHash keyHash;
    };
    std::vector<Present> present;
    /// Rows that are stored too. They win over a staged row of the same key.
    std::vector<Operation> first;
};

/// Collects new contents beside the present ones, then replaces all of them at once. A reader, or a crash, sees either the old contents or the new.
/// Until then the store works as before. Contents that are not placed are removed by the destructor, or by the next start. Not thread-safe. add() and
/// place() wait for the disk, so do not call them on an I/O thread.
class Staging {
public:
    virtual ~Staging() = default;
    /// Adds a put of class `s/` or `l/`. Puts are written in records of some megabytes. Errors: as Store::commit().
    virtual Result<> add(Operation put) = 0;
    /// Replaces the contents. The log gets a new id; indexes continue. Transactions that began before are refused (Conflict). Call it once. After an
    /// error nothing has been replaced. Success means that the replacement is in the log: if the disk fails then, the store finishes it later and
    /// refuses commits until then. Errors: as Store::commit().
    virtual Result<> place(const Placing& placing) = 0;
};

/// A store that can stage contents. Thread-safe.
class StagingStore {
public:
    virtual ~StagingStore() = default;
    virtual Result<std::unique_ptr<Staging>> stage() = 0;
};

/// Errors: Unsupported (this store cannot stage contents).
Result<std::unique_ptr<Staging>> stageInto(Store& store);

} // namespace core::log
