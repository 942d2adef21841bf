#include "core/server/config/config_files.h"

#include "core/policy/hcl.h"

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <system_error>

namespace core::server {

namespace fs = std::filesystem;

Result<std::string> readConfigFile(const fs::path& file)
{
    std::error_code error;
    const auto status = fs::status(file, error);
    if (!fs::exists(status)) {
        const bool isAbsent = !error || error == std::errc::no_such_file_or_directory;
        return Error{isAbsent ? ErrorCode::NotFound : ErrorCode::Io, file.string() + ": " + (isAbsent ? "no such file" : error.message())};
    }
    if (fs::is_directory(status)) return Error{ErrorCode::Io, file.string() + ": is a folder"};
    std::ifstream in{file, std::ios::binary};
    if (!in.is_open()) return Error{ErrorCode::Io, file.string() + ": cannot be read: " + std::generic_category().message(errno)};
    std::string text(policy::hcl::kDocumentBytesMax + 1, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (in.bad()) return Error{ErrorCode::Io, file.string() + ": cannot be read"};
    text.resize(static_cast<std::size_t>(in.gcount()));
    return text;
}

Result<std::vector<fs::path>> configFilesOf(const fs::path& path, std::vector<std::string>& warnings)
{
    std::error_code error;
    if (!fs::is_directory(path, error)) return std::vector<fs::path>{path};
    std::vector<fs::path> files;
    for (fs::directory_iterator entry{path, error}; !error && entry != fs::directory_iterator{}; entry.increment(error)) {
        const auto name = entry->path().filename().string();
        const auto extension = entry->path().extension();
        std::error_code ignored;
        if ((extension != ".hcl" && extension != ".json") || fs::is_directory(entry->path(), ignored)) continue;
        if (name.starts_with(".#")) continue; // a lock of Emacs, often a broken link
        if (name.starts_with('.') || name.starts_with('#')) {
            warnings.push_back(entry->path().string() + ": not read, since its name begins with '" + name.front() + "'");
            continue;
        }
        files.push_back(entry->path());
    }
    if (error) return Error{ErrorCode::Io, path.string() + ": " + error.message()};
    std::ranges::sort(files);
    return files;
}

} // namespace core::server
