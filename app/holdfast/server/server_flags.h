#pragma once

#include "core/server/config/config.h"

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cli {

/// What `holdfast server` was told by flags.
struct ServerFlags {
    std::vector<std::filesystem::path> configs;
    core::server::DevOptions dev;
    std::filesystem::path devTlsDirectory; // -dev-tls-cert-dir; empty: one of its own
    std::vector<std::string> devTlsNames;  // -dev-tls-san

    // What the log flags say goes before the environment and the configuration.
    std::optional<core::logging::Level> logLevel;
    std::optional<core::logging::Format> logFormat;
    std::optional<std::filesystem::path> logFile;
    std::optional<std::chrono::nanoseconds> logRotateAfter;
    std::optional<std::uint64_t> logRotateBytes;
    std::optional<std::int64_t> logArchivedFilesMax;
    bool isLogCombined = false; // on standard output

    std::vector<std::string> warnings; // of flags that were given and change nothing

    /// Puts the log flags into a configuration that was read.
    void applyTo(core::server::Config& config) const;
};

/// Only -dev, and those flags that cannot mean anything else (-dev-tls, -dev-ha, -dev-kv-v1, -dev-no-kv, -dev-transactional), make a dev server:
/// container images pass -dev-root-token-id and -dev-listen-address always. Flags end at the first argument, as in Vault.
/// Errors: InvalidArgument (an unknown flag, a bad value, or no configuration), in the words that are shown.
core::Result<ServerFlags> parseServerFlags(std::span<const std::string> words);

} // namespace cli
