#pragma once

#include "core/base/clock.h"

#include <boost/json/object.hpp>

#include <filesystem>

namespace core::server {

/// Facts about this machine: processors and their times, memory, disks, system (spec: system-api.md §12). Reads `proc`, which
/// is /proc except in tests. Values that cannot be read are left out. Blocking.
boost::json::object hostInfo(WallTime now, const std::filesystem::path& proc = "/proc");

} // namespace core::server
