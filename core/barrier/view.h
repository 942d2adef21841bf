#pragma once

#include "core/log/transaction.h"

namespace core::barrier {

class Barrier;

/// Which clusters receive a key (spec: replication-behaviour.md §1).
enum class StorageClass { Shared, Local, Ignored };

/// The classes that this cluster can write in its present role. A performance secondary does not write Shared.
struct WriteAccess {
    bool shared = true;
    bool local = true;
};

/// A folder of one storage class, as a backend sees it: plain paths and values above, sealed values below. Bound to one transaction. Not thread-safe.
/// A copy is cheap.
class View {
public:
    /// `prefix` is logical ("logical/<uuid>/") and ends in '/' or is empty.
    View(log::Transaction& transaction, const Barrier& barrier, StorageClass storageClass, std::string prefix, WriteAccess access);

    View subView(std::string_view folder) const; // "versions/" below this one
    StorageClass storageClass() const { return m_class; }
    const std::string& prefix() const { return m_prefix; }

    /// The opened value, or empty. Errors: Corrupt (does not open), Sealed, Io.
    Result<std::optional<std::string>> get(std::string_view path) const;
    Result<bool> exists(std::string_view path) const;
    /// Errors: ReadOnly (this cluster must not write the class), Sealed.
    Result<> put(std::string_view path, std::string_view value);
    Result<> erase(std::string_view path);
    /// Erases everything below the folder. Errors as erase().
    Result<> eraseAll(std::string_view folder = {});
    /// Direct children of the folder, sorted: names, and folders with a trailing '/', each once. Only those after `after`, at most `limit`.
    Result<std::vector<std::string>> list(std::string_view folder = {}, std::string_view after = {}, std::size_t limit = SIZE_MAX) const;
    /// Visits every key below the folder, recursively, with paths relative to this view and opened values. The visitor returns false to stop.
    Result<> forEach(std::string_view folder, const std::function<bool(std::string_view path, std::string_view value)>& visit) const;

private:
    std::string physical(std::string_view path) const;
    std::string physicalFolder(std::string_view folder) const;
    Result<> checkWrite() const;

    log::Transaction* m_transaction;
    const Barrier* m_barrier;
    StorageClass m_class;
    std::string m_prefix;
    WriteAccess m_access;
};

} // namespace core::barrier
