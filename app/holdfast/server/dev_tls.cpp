#include "app/holdfast/server/dev_tls.h"

#include "core/base/clock.h"
#include "core/base/private_file.h"
#include "core/crypto/x509.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

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

DevTls::DevTls(DevTls&& other) noexcept
    : m_directory{std::move(other.m_directory)}
    , m_own{std::move(other.m_own)}
    , m_written{std::exchange(other.m_written, {})}
{}

DevTls::~DevTls()
{
    std::error_code ignored;
    for (const auto& path : m_written) std::filesystem::remove(path, ignored);
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
    std::array<char, 256> hostName{};
    std::vector<std::string> otherNames{names.begin(), names.end()};
    if (::gethostname(hostName.data(), hostName.size() - 1) == 0 && hostName[0] != '\0') otherNames.emplace_back(hostName.data());
    if (!host.empty() && host != "0.0.0.0" && host != "::") otherNames.push_back(host);
    for (const auto& name : otherNames) {
        auto& listed = isIpAddress(name) ? request.ipAddresses : request.dnsNames;
        if (std::ranges::find(listed, name) == listed.end()) listed.push_back(name);
    }
    const auto now = core::SystemClock{}.now();
    auto authority = core::crypto::makeAuthority("Holdfast Dev CA", now);
    if (!authority) return std::move(authority).error().withContext("-dev-tls");
    auto leaf = core::crypto::issueCertificate(*authority, request, now);
    if (!leaf) return std::move(leaf).error().withContext("-dev-tls");
    const std::array<std::pair<std::filesystem::path, std::string_view>, 3> files{
        {{out.authorityFile(), authority->certificate}, {out.certificateFile(), leaf->certificate}, {out.keyFile(), leaf->key.view()}}};
    for (const auto& [path, bytes] : files) {
        if (auto written = core::writePrivateFile(path, bytes); !written) return std::move(written).error().withContext("-dev-tls");
        out.m_written.push_back(path);
    }
    return out;
}

} // namespace cli
