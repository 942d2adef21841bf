#include "core/log/memory_file_system.h"

#include <algorithm>
#include <cstring>

namespace core::log {

struct MemoryFileSystem::Contents {
    mutable SharedMutex mutex; // leaf lock
    std::string bytes CORE_GUARDED_BY(mutex);
};

class MemoryFileSystem::OpenFile final : public File {
public:
    explicit OpenFile(std::shared_ptr<Contents> contents) : m_contents{std::move(contents)} {}

    Result<> write(std::uint64_t offset, std::string_view bytes) override
    {
        Contents& contents = *m_contents;
        WriteLock lock{contents.mutex};
        std::string& all = contents.bytes;
        if (all.size() < offset + bytes.size()) all.resize(offset + bytes.size());
        std::copy(bytes.begin(), bytes.end(), all.begin() + static_cast<std::ptrdiff_t>(offset));
        return {};
    }

    Result<std::size_t> read(std::uint64_t offset, std::span<char> out) const override
    {
        const Contents& contents = *m_contents;
        ReadLock lock{contents.mutex};
        const std::string& all = contents.bytes;
        if (offset >= all.size()) return std::size_t{0};
        const auto count = std::min<std::size_t>(out.size(), all.size() - offset);
        std::memcpy(out.data(), all.data() + offset, count);
        return count;
    }

    Result<> sync() override { return {}; }

    Result<std::uint64_t> size() const override
    {
        const Contents& contents = *m_contents;
        ReadLock lock{contents.mutex};
        return std::uint64_t{contents.bytes.size()};
    }

private:
    std::shared_ptr<Contents> m_contents;
};

Result<std::unique_ptr<File>> MemoryFileSystem::open(const std::filesystem::path& path)
{
    MutexLock lock{m_mutex};
    const auto at = m_files.find(path);
    if (at == m_files.end()) return Error{ErrorCode::NotFound, "opening " + path.string()};
    return std::unique_ptr<File>{std::make_unique<OpenFile>(at->second)};
}

Result<std::unique_ptr<File>> MemoryFileSystem::create(const std::filesystem::path& path)
{
    MutexLock lock{m_mutex};
    auto contents = std::make_shared<Contents>();
    m_files[path] = contents;
    return std::unique_ptr<File>{std::make_unique<OpenFile>(std::move(contents))};
}

Result<> MemoryFileSystem::rename(const std::filesystem::path& from, const std::filesystem::path& to)
{
    MutexLock lock{m_mutex};
    auto node = m_files.extract(from);
    if (node.empty()) return Error{ErrorCode::NotFound, "renaming " + from.string()};
    m_files.erase(to);
    node.key() = to;
    m_files.insert(std::move(node));
    return {};
}

Result<> MemoryFileSystem::remove(const std::filesystem::path& path)
{
    MutexLock lock{m_mutex};
    if (m_files.erase(path) == 0) return Error{ErrorCode::NotFound, "removing " + path.string()};
    return {};
}

Result<std::vector<std::string>> MemoryFileSystem::list(const std::filesystem::path& directory)
{
    MutexLock lock{m_mutex};
    std::vector<std::string> names;
    for (const auto& [path, contents] : m_files) {
        if (path.parent_path() == directory) names.push_back(path.filename());
    }
    return names;
}

} // namespace core::log
