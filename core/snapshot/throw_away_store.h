#pragma once

#include "core/base/clock.h"
#include "core/log/file_system.h"
#include "core/log/store.h"

#include <filesystem>
#include <memory>

namespace core::snapshot {

/// A store of its own in a new folder, which is gone with the object: to see what a snapshot makes when it is restored, and to try
/// what must not be tried on the real one. Not thread-safe; the store is.
class ThrowAwayStore {
public:
    /// The folder is made below `parent` (0700); an empty `parent` keeps everything in memory. `clock` and `random` outlive it.
    /// Errors: Io, NoSpace.
    static Result<std::unique_ptr<ThrowAwayStore>> open(const std::filesystem::path& parent, const Clock& clock, Random& random);
    ~ThrowAwayStore();

    log::Store& store() { return *m_store; }

    /// Adds an entry; they are committed some megabytes at a time. Errors: those of a commit.
    Result<> add(log::Operation operation);
    /// Commits what add() has left.
    Result<> flush();

    /// Removes what a process that died has left of such stores.
    static void clear(const std::filesystem::path& parent);

private:
    ThrowAwayStore() = default;

    std::filesystem::path m_directory;
    std::unique_ptr<log::FileSystem> m_files;
    std::unique_ptr<log::Store> m_store;
    std::vector<log::Operation> m_pending;
    std::size_t m_pendingBytes = 0;
};

/// A folder in which files can be made that nobody needs afterwards; removed with the object.
class ScratchFolder {
public:
    /// Below `parent`, or below the system's where that is empty. Errors: Io.
    static Result<ScratchFolder> make(const std::filesystem::path& parent);
    ScratchFolder(ScratchFolder&& other) noexcept : m_path{std::exchange(other.m_path, {})} {}
    ScratchFolder& operator=(ScratchFolder&&) = delete;
    ~ScratchFolder();
    const std::filesystem::path& path() const { return m_path; }
    std::filesystem::path release() && { return std::exchange(m_path, {}); }

private:
    explicit ScratchFolder(std::filesystem::path path) : m_path{std::move(path)} {}
    std::filesystem::path m_path;
};

} // namespace core::snapshot
