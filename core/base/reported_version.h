#pragma once

namespace core {

/// The version that clients see: the level of the API, then the program.
inline constexpr const char* kReportedVersion = "1.15.0+holdfast." HOLDFAST_VERSION;

} // namespace core
