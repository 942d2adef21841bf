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
    /// The classes that are replaced, out of "ls". Keys of other classes stay.
    std::string classes = "ls";
    /// The `i/` keys that stay.
    std::function<bool(std::string_view key)> isKept = [](std::string_view) { return true; };
    /// Keys of replaced classes that keep their present value, even if a staged row has the same key. A key that does not exist is ignored.
    struct Present {
        std::string key;
        merkle::KeyHash keyHash;
    };
    std::vector<Present> present;
    /// Puts that are added to the staged ones, or replace a staged row of the same key.
    std::vector<Operation> first;
};

/// New contents that are collected beside the present ones and then replace them in one step: for a reader and for a crash. Until then the store
/// works as before. If they are not placed, the destructor removes them. Not thread-safe. Waits, so it must not run on an I/O thread.
class Staging {
public:
    virtual ~Staging() = default;
    /// Stores a put of class `s/` or `l/`. It writes some megabytes at a time. Errors: as Store::commit().
    virtual Result<> add(Operation put) = 0;
    /// Replaces the contents. The log gets a new id; indexes continue. Transactions that began before are refused (Conflict). Call it once. After an
    /// error nothing has been replaced. Errors: as Store::replaceContents().
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
