#pragma once

#include "core/base/clock.h"

#include <boost/json/object.hpp>

#include <filesystem>

namespace core::server {

/// What this machine is and how it is: processors and their times, memory, disks, system (spec: system-api.md §12). Reads `proc`, which
/// is /proc but in tests; what cannot be read is left out. Blocking.
boost::json::object hostInfo(WallTime now, const std::filesystem::path& proc = "/proc");

} // namespace core::server
