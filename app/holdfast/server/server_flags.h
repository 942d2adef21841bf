#pragma once

#include "core/server/config/config.h"

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cli {

/// The flags of `holdfast server`.
struct ServerFlags {
    std::vector<std::filesystem::path> configs;
    core::server::DevOptions dev;
    std::filesystem::path devTlsDirectory; // -dev-tls-cert-dir; empty: a new one
    std::vector<std::string> devTlsNames;  // -dev-tls-san

    // The log flags override the environment and the configuration.
    std::optional<core::logging::Level> logLevel;
    std::optional<core::logging::Format> logFormat;
    std::optional<std::filesystem::path> logFile;
    std::optional<std::chrono::nanoseconds> logRotateAfter;
    std::optional<std::uint64_t> logRotateBytes;
    std::optional<std::int64_t> logArchivedFilesMax;
    bool isLogCombined = false; // on standard output

    std::vector<std::string> warnings; // of flags that were given and change nothing

    /// Applies the log flags to a configuration that was read.
    void applyTo(core::server::Config& config) const;
};

/// Only -dev starts a dev server, and flags that mean nothing else: -dev-tls, -dev-ha, -dev-kv-v1, -dev-no-kv, -dev-transactional.
/// -dev-root-token-id and -dev-listen-address do not, because container images always pass them. Flags end at the first argument, as in Vault.
/// Errors: InvalidArgument (an unknown flag, a bad value, or no configuration), with the text to show.
core::Result<ServerFlags> parseServerFlags(std::span<const std::string> words);

} // namespace cli
