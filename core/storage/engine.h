#pragma once

#include "core/base/result.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace core::storage {

/// Puts and deletes that are applied together, in order.
struct Batch {
    struct Operation {
        std::string key;
        std::optional<std::string> value; // nothing: delete
    };
    std::vector<Operation> operations;

    void put(std::string key, std::string value) { operations.push_back({std::move(key), std::move(value)}); }
    void erase(std::string key) { operations.push_back({std::move(key), std::nullopt}); }
};

/// Called for each key in order; false ends the scan.
using Visitor = std::function<bool(std::string_view key, std::string_view value)>;

/// What can be read: the engine as it is now, or as it was at one moment.
class Reader {
public:
    virtual ~Reader() = default;
    /// The value, or nothing. Errors: Io, Corrupt.
    virtual Result<std::optional<std::string>> get(std::string_view key) const = 0;
    /// Visits the keys of [from, to) in byte order; an empty `to` means to the end. Errors: Io, Corrupt.
    virtual Result<> scan(std::string_view from, std::string_view to, const Visitor& visit) const = 0;
};

/// An ordered store of keys and values below everything else. Thread-safe; apply() by one thread at a time.
///
/// apply() is atomic but not durable: durability is the log's. flush() makes everything applied so far durable.
class Engine : public Reader {
public:
    /// All of the batch or nothing. Errors: Io, NoSpace.
    virtual Result<> apply(const Batch& batch) = 0;
    /// Returns when everything applied before is on disk. Errors: Io, NoSpace.
    virtual Result<> flush() = 0;
    /// The contents at this moment, unmoved by later batches.
    virtual std::unique_ptr<Reader> snapshot() const = 0;
    /// Bytes on disk or in memory, about.
    virtual std::uint64_t sizeBytes() const = 0;
};

/// The smallest key above every key that starts with `prefix`; empty when there is none.
std::string endOfPrefix(std::string_view prefix);

} // namespace core::storage
