#pragma once

#include "core/base/clock.h"
#include "core/server/config/config.h"

#include <string>
#include <vector>

namespace core::server {

/// How long before its end a listener's certificate is warned of.
inline constexpr std::chrono::hours kCertificateWarn{14 * 24};

/// What is wrong with the certificate files of the listeners, in sentences with the file and the listener: a certificate that ends within
/// kCertificateWarn, has ended or has not begun; a key file that everybody on the machine can read. A file that cannot be read is passed
/// over: loading it says so. Blocking (disk).
std::vector<std::string> certificateWarnings(const std::vector<ListenerConfig>& listeners, WallTime now);

} // namespace core::server
