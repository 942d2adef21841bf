#pragma once

#include "core/base/temporary_file.h"

#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace cli {

/// The files of `server -dev-tls`: a new authority, and its certificate for this machine. They are in a new folder or in a given one, which must
/// exist. The destructor removes the files that were written, and no others.
class DevTls {
public:
    /// `host` is where the server listens; `names` are more host names and addresses. Errors: Io, InvalidArgument (an impossible name).
    static core::Result<DevTls> create(const std::filesystem::path& directory, const std::string& host, std::span<const std::string> names);
    ~DevTls();
    DevTls(DevTls&& other) noexcept;
    DevTls& operator=(DevTls&&) = delete;

    std::filesystem::path authorityFile() const { return m_directory / "vault-ca.pem"; }
    std::filesystem::path certificateFile() const { return m_directory / "vault-cert.pem"; }
    std::filesystem::path keyFile() const { return m_directory / "vault-key.pem"; }

private:
    DevTls() = default;

    std::filesystem::path m_directory;
    core::TemporaryFolder m_own;                  // empty: the files are in a folder that was given
    std::vector<std::filesystem::path> m_written; // empty: moved from
};

} // namespace cli
