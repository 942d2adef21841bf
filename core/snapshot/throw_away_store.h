#pragma once

#include "core/base/clock.h"
#include "core/base/temporary_file.h"
#include "core/log/file_system.h"
#include "core/log/store.h"

#include <filesystem>
#include <memory>

namespace core::snapshot {

/// A store in a new folder, which is removed with the object. For restoring a snapshot as a test, and for tests that must not touch the real store.
/// Not thread-safe, but the store is.
class ThrowAwayStore {
public:
    /// The folder is made below `parent` (0700). With an empty `parent` everything is in memory. `clock` and `random` must outlive it. Errors: Io,
    /// NoSpace.
    static Result<std::unique_ptr<ThrowAwayStore>> open(const std::filesystem::path& parent, const Clock& clock, Random& random);
    ~ThrowAwayStore();

    log::Store& store() { return *m_store; }

    /// Adds an entry. Entries are committed some megabytes at a time. Errors: those of a commit.
    Result<> add(log::Operation operation);
    /// Commits the rest.
    Result<> flush();

    /// Removes such stores that a killed process has left behind.
    static void clear(const std::filesystem::path& parent);

private:
    ThrowAwayStore() = default;

    TemporaryFolder m_folder; // with the two below in it, so it is removed last
    std::unique_ptr<log::FileSystem> m_files;
    std::unique_ptr<log::Store> m_store;
    std::vector<log::Operation> m_pending;
    std::size_t m_pendingBytes = 0;
};

/// A folder for temporary files below `parent`, which is made if it is missing, or in the system's temporary folder if `parent` is empty. Errors: Io,
/// NoSpace, PermissionDenied.
Result<TemporaryFolder> makeScratchFolder(const std::filesystem::path& parent);

} // namespace core::snapshot
