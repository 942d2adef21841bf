#pragma once

#include "core/base/logging.h"
#include "core/base/result.h"
#include "core/server/lab.h"

#include <span>
#include <string>

namespace cli {

/// The flags of `holdfast lab`.
struct LabFlags {
    core::server::Lab::Options lab;
    bool isJson = false;
    core::logging::Level logLevel = core::logging::Level::Warn;
};

/// Errors: InvalidArgument (an unknown flag, a bad value, or an argument), with the text to show.
core::Result<LabFlags> parseLabFlags(std::span<const std::string> words);

} // namespace cli
