#pragma once

#include <string>
#include <system_error>

namespace core {

/// The end of an error about a folder or file that cannot be written: where the packaged service unit (installer/holdfast.service) lets the server
/// write. Empty if `why` is not a refusal.
inline std::string writableFoldersText(const std::error_code& why)
{
    const bool isRefused =
        why == std::errc::permission_denied || why == std::errc::operation_not_permitted || why == std::errc::read_only_file_system;
    if (!isRefused) return {};
    return " (as the service holdfast.service the server may write below /var/lib/holdfast and /var/log/holdfast, and in a /tmp of its own; a "
           "drop-in with ReadWritePaths= allows more: systemctl edit holdfast)";
}

} // namespace core
