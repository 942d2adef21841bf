#pragma once

#include "core/base/mutex.h"
#include "core/log/file_system.h"

#include <map>

namespace core::log {

/// Files in memory, for in-memory storage. The log is the same, only without a disk. Thread-safe.
class MemoryFileSystem final : public FileSystem {
public:
    Result<std::unique_ptr<File>> open(const std::filesystem::path& path) override;
    Result<std::unique_ptr<File>> create(const std::filesystem::path& path) override;
    Result<> rename(const std::filesystem::path& from, const std::filesystem::path& to) override;
    Result<> remove(const std::filesystem::path& path) override;
    Result<std::vector<std::string>> list(const std::filesystem::path& directory) override;
    Result<> createDirectory(const std::filesystem::path&) override { return {}; }
    Result<> syncDirectory(const std::filesystem::path&) override { return {}; }

private:
    struct Contents;
    class OpenFile;

    Mutex m_mutex; // leaf lock
    std::map<std::filesystem::path, std::shared_ptr<Contents>> m_files CORE_GUARDED_BY(m_mutex);
};

} // namespace core::log
