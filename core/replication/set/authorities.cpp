#include "core/replication/set/authorities.h"

#include "core/base/origin.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <vector>

namespace core::replication {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kFileBytesMax = 4u << 20;
constexpr std::size_t kFilesMax = 1'000;
constexpr std::size_t kPathCharactersMax = 300;
constexpr std::string_view kBegin = "-----BEGIN CERTIFICATE-----";

Error unreadable(const char* name, const fs::path& path, const std::string& why)
{
    return Error{ErrorCode::InvalidArgument, std::string{name} + " \"" + printable(path.string(), kPathCharactersMax) + "\" " + why +
                                                 ". It is a path on this server, and the server must be able to read it"};
}

/// Reads only regular files: a pipe or a device would block the call, or fill the memory.
Result<std::string> readRegular(const char* name, const fs::path& path)
{
    std::error_code failed;
    const auto status = fs::status(path, failed);
    if (failed) return unreadable(name, path, "cannot be read: " + failed.message());
    if (!fs::is_regular_file(status)) return unreadable(name, path, "is not a file");
    if (fs::file_size(path, failed) > kFileBytesMax) return unreadable(name, path, "is larger than 4 MB");
    errno = 0;
    std::ifstream in{path, std::ios::binary};
    if (!in) return unreadable(name, path, std::string{"cannot be read: "} + std::strerror(errno));
    return std::string{std::istreambuf_iterator<char>{in}, {}};
}

} // namespace

Result<std::string> readAuthorities(const std::string& file, const std::string& folder)
{
    std::string all;
    if (!file.empty()) {
        auto text = readRegular("ca_file", file);
        if (!text) return text;
        if (text->find(kBegin) == std::string::npos) return unreadable("ca_file", file, "holds no certificate in PEM");
        all = std::move(*text) + "\n";
    }
    if (folder.empty()) return all;

    std::error_code failed;
    if (!fs::is_directory(folder, failed)) {
        return unreadable("ca_path", folder, failed ? "cannot be read: " + failed.message() : "is not a folder");
    }
    std::vector<fs::path> files;
    for (fs::directory_iterator entry{folder, failed}; !failed && entry != fs::directory_iterator{}; entry.increment(failed)) {
        std::error_code ignored;
        if (entry->is_regular_file(ignored)) files.push_back(entry->path());
        if (files.size() > kFilesMax) return unreadable("ca_path", folder, "holds more than 1,000 files");
    }
    if (failed) return unreadable("ca_path", folder, "cannot be read: " + failed.message());
    std::ranges::sort(files);
    bool hasCertificate = false;
    for (const auto& each : files) {
        auto text = readRegular("ca_path", each);
        if (!text) return text;
        if (text->find(kBegin) == std::string::npos) continue;
        hasCertificate = true;
        all += *text + "\n";
    }
    if (!hasCertificate) return unreadable("ca_path", folder, "holds no file with a certificate in PEM");
    return all;
}

} // namespace core::replication
