#pragma once

#include "core/base/clock.h"
#include "core/server/config/config.h"

#include <optional>
#include <string>
#include <vector>

namespace core::server {

/// How long before the end of a listener's certificate a warning is given.
inline constexpr std::chrono::hours kCertificateWarn{14 * 24};

/// Problems of the listeners' certificate files, in sentences with the file and the listener: a certificate that ends within
/// kCertificateWarn, has ended or has not begun; a key file that everybody on the machine can read. A file that cannot be read is skipped
/// here, because loading it reports the error. Blocking (disk).
std::vector<std::string> certificateWarnings(const std::vector<ListenerConfig>& listeners, WallTime now);

/// When the first certificate of a listener ends. Empty: none has one. Blocking (disk).
std::optional<WallTime> firstCertificateEnd(const std::vector<ListenerConfig>& listeners);

} // namespace core::server
