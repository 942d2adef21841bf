#include "app/holdfast/server/dev_tls.h"

#include "core/crypto/x509.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <system_error>
#include <unistd.h>

namespace cli {
namespace {

using core::Error;
using core::ErrorCode;
using core::Result;

bool isIpAddress(const std::string& text)
{
    std::array<unsigned char, 16> bytes{};
    return ::inet_pton(AF_INET, text.c_str(), bytes.data()) == 1 || ::inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1;
}

Error fileError(const std::filesystem::path& path)
{
    return Error{ErrorCode::Io, "-dev-tls: cannot write " + path.string() + ": " + std::generic_category().message(errno)};
}

/// Makes a file that only its owner can read. Replaces a file of an earlier run, and follows no link.
Result<> writeFile(const std::filesystem::path& path, std::string_view text)
{
    ::unlink(path.c_str());
    const int file = ::open(path.c_str(), O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY | O_CLOEXEC, 0600);
    if (file < 0) return fileError(path);
    const bool isWritten = ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    if (::close(file) != 0 || !isWritten) return fileError(path);
    return {};
}

} // namespace

DevTls::DevTls(DevTls&& other) noexcept : m_directory{std::exchange(other.m_directory, {})}, m_isOwnDirectory{other.m_isOwnDirectory} {}

DevTls::~DevTls()
{
    if (m_directory.empty()) return;
    std::error_code ignored;
    for (const auto& path : {authorityFile(), certificateFile(), keyFile()}) std::filesystem::remove(path, ignored);
    if (m_isOwnDirectory) std::filesystem::remove(m_directory, ignored);
}

Result<DevTls> DevTls::create(const std::filesystem::path& directory, const std::string& host, std::span<const std::string> names)
{
    DevTls out;
    std::error_code failed;
    if (directory.empty()) {
        auto path = (std::filesystem::temp_directory_path(failed) / "holdfast-tls-XXXXXX").string();
        if (failed || ::mkdtemp(path.data()) == nullptr) return fileError(path);
        out.m_directory = path;
        out.m_isOwnDirectory = true;
    } else {
        if (!std::filesystem::is_directory(directory, failed)) {
            return Error{ErrorCode::InvalidArgument, "-dev-tls-cert-dir: no such folder: " + directory.string()};
        }
        out.m_directory = std::filesystem::absolute(directory, failed);
    }

    core::crypto::CertificateRequest request{.commonName = "localhost"};
    request.dnsNames = {"localhost", "localhost4", "localhost6", "localhost.localdomain"};
    request.ipAddresses = {"127.0.0.1", "::1"};
    std::array<char, 256> own{};
    std::vector<std::string> further{names.begin(), names.end()};
    if (::gethostname(own.data(), own.size() - 1) == 0 && own[0] != '\0') further.emplace_back(own.data());
    if (!host.empty() && host != "0.0.0.0" && host != "::") further.push_back(host);
    for (const auto& name : further) {
        auto& known = isIpAddress(name) ? request.ipAddresses : request.dnsNames;
        if (std::ranges::find(known, name) == known.end()) known.push_back(name);
    }
    const auto now = core::SystemClock{}.now();
    auto authority = core::crypto::makeAuthority("Holdfast Dev CA", now);
    if (!authority) return std::move(authority).error().withContext("-dev-tls");
    auto leaf = core::crypto::issueCertificate(*authority, request, now);
    if (!leaf) return std::move(leaf).error().withContext("-dev-tls");
    for (const auto& done : {writeFile(out.authorityFile(), authority->certificate), writeFile(out.certificateFile(), leaf->certificate),
                             writeFile(out.keyFile(), leaf->key.view())}) {
        if (!done) return done.error();
    }
    return out;
}

} // namespace cli
