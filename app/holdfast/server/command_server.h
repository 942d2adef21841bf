#pragma once

#include <span>
#include <string>

namespace cli {

/// `holdfast server`: serves in the foreground until SIGINT or SIGTERM. Returns the exit code.
int runServer(std::span<const std::string> words);

} // namespace cli
