#include "app/holdfast/client/token_file.h"

#include "core/base/private_file.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <pwd.h>
#include <unistd.h>

namespace cli {
namespace {

using core::Error;
using core::ErrorCode;
using core::Result;

Error fileError(const std::string& what, const std::filesystem::path& path)
{
    const auto code = errno == ENOSPC ? ErrorCode::NoSpace : ErrorCode::Io;
    return Error{code, what + " " + path.string() + ": " + std::strerror(errno)};
}

} // namespace

TokenFile::TokenFile(const Context& context)
{
    auto home = context.environment("HOME");
    if (home.empty()) {
        if (const auto* user = getpwuid(getuid()); user && user->pw_dir) home = user->pw_dir;
    }
    if (!home.empty()) m_path = std::filesystem::path{home} / ".vault-token";
}

Result<core::SecretBytes> TokenFile::load() const
{
    if (m_path.empty()) return core::SecretBytes{};
    std::error_code error;
    const bool isThere = std::filesystem::exists(m_path, error);
    if (error) return Error{ErrorCode::Io, "cannot read " + m_path.string() + ": " + error.message()};
    if (!isThere) return core::SecretBytes{};
    std::ifstream file{m_path, std::ios::binary};
    if (!file) return fileError("cannot read", m_path);
    return trimmed(readSecret(file));
}

Result<> TokenFile::store(const core::SecretBytes& token) const
{
    if (m_path.empty()) return Error{ErrorCode::FailedPrecondition, "there is no home directory to keep the token in"};
    return core::replacePrivateFile(m_path, token.view(), true);
}

} // namespace cli
