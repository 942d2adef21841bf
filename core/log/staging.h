#pragma once

#include "core/log/record.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace core::log {

class Store;

/// How staged contents take the place of those of now.
struct Placing {
    /// The classes that are replaced, of "ls"; what is of another class stays.
    std::string classes = "ls";
    /// Which `i/` keys stay.
    std::function<bool(std::string_view key)> isKept = [](std::string_view) { return true; };
    /// Keys of replaced classes that stay as they are at that moment, whatever is staged; those that are not there change nothing.
    struct Present {
        std::string key;
        merkle::KeyHash keyHash;
    };
    std::vector<Present> present;
    /// Puts besides the staged ones, or in place of them.
    std::vector<Operation> first;
};

/// Contents that are brought in beside those of a store, and then take their place in one step, to a reader and to a crash. Until then
/// the store goes on as before. What was not placed is removed with the object. Not thread-safe; waits, so never on an I/O thread.
class Staging {
public:
    virtual ~Staging() = default;
    /// Stores a put of class `s/` or `l/`; some megabytes at a time. Errors: as Store::commit().
    virtual Result<> add(Operation put) = 0;
    /// The log gets a new id; indexes go on. Transactions that began before are refused (Conflict). Once; after an error nothing has
    /// been replaced. Errors: as Store::replaceContents().
    virtual Result<> place(const Placing& placing) = 0;
};

/// What a store of a machine's own can do besides. Thread-safe.
class StagingStore {
public:
    virtual ~StagingStore() = default;
    virtual Result<std::unique_ptr<Staging>> stage() = 0;
};

/// Errors: Unsupported (a store that cannot).
Result<std::unique_ptr<Staging>> stageInto(Store& store);

} // namespace core::log
