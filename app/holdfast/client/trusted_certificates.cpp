#include "app/holdfast/client/trusted_certificates.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <vector>

namespace cli {
namespace {

using core::Error;
using core::ErrorCode;
using core::Result;
namespace fs = std::filesystem;

constexpr std::size_t kBytesMax = 16u << 20;
constexpr std::string_view kBegin = "-----BEGIN CERTIFICATE-----";

bool hasCertificate(std::string_view text)
{
    return text.find(kBegin) != std::string_view::npos;
}

Result<std::string> readText(const fs::path& path)
{
    std::error_code failed;
    if (fs::is_directory(path, failed)) return Error{ErrorCode::Io, "cannot read CA certificates: " + path.string() + " is a folder (use -ca-path)"};
    std::ifstream file{path, std::ios::binary};
    if (!file) return Error{ErrorCode::Io, "cannot read CA certificates: " + path.string() + ": " + std::strerror(errno)};
    std::string text(kBytesMax + 1, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(file.gcount()));
    if (text.size() > kBytesMax) return Error{ErrorCode::TooLarge, path.string() + " holds more than 16 MiB"};
    return text;
}

Result<std::string> readFolder(const fs::path& folder)
{
    std::error_code failed;
    if (!fs::is_directory(folder, failed)) return Error{ErrorCode::Io, "cannot read CA certificates: no such folder: " + folder.string()};
    std::vector<fs::path> files;
    for (fs::recursive_directory_iterator entry{folder, failed}; !failed && entry != fs::recursive_directory_iterator{}; entry.increment(failed)) {
        std::error_code ignored;
        if (entry->is_regular_file(ignored)) files.push_back(entry->path());
    }
    if (failed) return Error{ErrorCode::Io, "cannot read CA certificates: " + folder.string() + ": " + failed.message()};
    std::ranges::sort(files);
    std::string all;
    for (const auto& path : files) {
        auto text = readText(path);
        if (!text) return text;
        if (!hasCertificate(*text)) continue; // some other file in the folder
        if (all.size() + text->size() > kBytesMax) return Error{ErrorCode::TooLarge, folder.string() + " holds more than 16 MiB of certificates"};
        all.append(*text).append("\n");
    }
    if (all.empty()) return Error{ErrorCode::InvalidArgument, "no certificate in any file of " + folder.string()};
    return all;
}

} // namespace

Result<std::string> trustedCertificates(const CertificateSources& sources)
{
    if (!sources.file.empty()) {
        auto text = readText(sources.file);
        if (text && !hasCertificate(*text)) return Error{ErrorCode::InvalidArgument, "no certificate in " + sources.file};
        return text;
    }
    if (!sources.pem.empty()) {
        if (!hasCertificate(sources.pem)) return Error{ErrorCode::InvalidArgument, "no certificate in VAULT_CACERT_BYTES"};
        return sources.pem;
    }
    if (!sources.folder.empty()) return readFolder(sources.folder);
    return std::string{};
}

} // namespace cli
