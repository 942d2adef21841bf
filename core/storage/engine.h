#pragma once

#include "core/base/result.h"
#include "core/storage/batch.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace core::storage {

/// Called for each key in order. Returns false to stop the scan.
using Visitor = std::function<bool(std::string_view key, std::string_view value)>;

/// Something to read from: the engine as it is now, or as it was at one moment. Thread-safe.
class Reader {
public:
    virtual ~Reader() = default;
    /// The value, or empty. Errors: Io, Corrupt.
    virtual Result<std::optional<std::string>> get(std::string_view key) const = 0;
    /// Visits the keys of [from, to) in byte order, as they were when the scan began. An empty `to` means to the end.
    /// Errors: Io, Corrupt.
    virtual Result<> scan(std::string_view from, std::string_view to, const Visitor& visit) const = 0;
};

/// An ordered store of keys and values below everything else. Thread-safe.
///
/// apply() is atomic but not durable, because the log provides durability. flush() makes everything durable that was applied before. A crash loses
/// some of the batches since then, as whole batches and only the last ones. A batch whose apply() failed never appears later.
class Engine : public Reader {
public:
    /// Applies all of the batch or nothing. After an error nothing can be applied until recover(). Errors: Io, NoSpace, Corrupt.
    virtual Result<> apply(const Batch& batch) = 0;
    /// Returns when everything that was applied before is on disk. Errors: as apply().
    virtual Result<> flush() = 0;
    /// After an error, makes the engine usable again. What was applied before is still there.
    /// Errors: Io, NoSpace, Corrupt, Unavailable (snapshots are open; they would be lost).
    virtual Result<> recover() = 0;
    /// The contents at this moment; later batches do not change them. Destroy the snapshot before the engine.
    virtual std::unique_ptr<Reader> snapshot() const = 0;
    /// An estimate of the bytes on disk or in memory.
    virtual std::uint64_t sizeBytes() const = 0;
};

/// The smallest key above every key that starts with `prefix`. Empty if there is none.
std::string endOfPrefix(std::string_view prefix);

} // namespace core::storage
