#include "core/base/small_file.h"

#include <cerrno>
#include <cstring>
#include <fstream>

namespace core {

Result<std::string> readSmallFile(const std::filesystem::path& path, std::size_t bytesMax)
{
    errno = 0;
    std::ifstream file{path, std::ios::binary};
    if (!file) {
        const int reason = errno;
        return Error{reason == ENOENT ? ErrorCode::NotFound : ErrorCode::Io, path.string() + ": cannot be read: " + std::strerror(reason)};
    }
    std::string text(bytesMax + 1, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (file.bad()) return Error{ErrorCode::Io, path.string() + ": cannot be read"};
    if (file.gcount() > static_cast<std::streamsize>(bytesMax)) {
        return Error{ErrorCode::InvalidArgument, path.string() + ": has more than " + std::to_string(bytesMax) + " bytes"};
    }
    text.resize(static_cast<std::size_t>(file.gcount()));
    return text;
}

} // namespace core
