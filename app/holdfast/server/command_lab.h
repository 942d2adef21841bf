#pragma once

#include <span>
#include <string>

namespace cli {

/// `holdfast lab`: three embedded clusters that replicate, in the foreground until SIGINT or SIGTERM. Returns the exit code.
int runLab(std::span<const std::string> words);

} // namespace cli
