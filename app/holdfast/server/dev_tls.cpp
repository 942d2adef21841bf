#include "app/holdfast/server/dev_tls.h"

#include "core/base/private_file.h"
#include "core/crypto/x509.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
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

} // namespace

DevTls::DevTls(DevTls&& other) noexcept : m_directory{std::exchange(other.m_directory, {})}, m_own{std::move(other.m_own)} {}

DevTls::~DevTls()
{
    if (m_directory.empty()) return;
    std::error_code ignored;
    for (const auto& path : {authorityFile(), certificateFile(), keyFile()}) std::filesystem::remove(path, ignored);
}

Result<DevTls> DevTls::create(const std::filesystem::path& directory, const std::string& host, std::span<const std::string> names)
{
    DevTls out;
    std::error_code failed;
    if (directory.empty()) {
        auto made = core::TemporaryFolder::create(std::filesystem::temp_directory_path(failed) / "holdfast-tls-");
        if (!made) return std::move(made).error().withContext("-dev-tls");
        out.m_own = std::move(*made);
        out.m_directory = out.m_own.path();
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
    for (const auto& done :
         {core::writePrivateFile(out.authorityFile(), authority->certificate), core::writePrivateFile(out.certificateFile(), leaf->certificate),
          core::writePrivateFile(out.keyFile(), leaf->key.view())}) {
        if (!done) return Error{done.error()}.withContext("-dev-tls");
    }
    return out;
}

} // namespace cli
