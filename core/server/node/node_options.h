#pragma once

#include "core/server/config/config.h"

#include <filesystem>
#include <string>

namespace core::server {

/// What one node is told by its server.
struct NodeOptions {
    Config config;
    std::string apiAddress;     // URL
    std::string clusterAddress; // URL that is advertised
    std::string clusterListen;  // host:port of the cluster port; empty: none
    std::filesystem::path temporaryDirectory;
    std::filesystem::path scratchDirectory; // for stores that are thrown away; empty: in memory, as the data is
    std::filesystem::path safetyDirectory;  // for what is kept before a wipe; empty: nothing can be kept
    /// Nothing outside the process is reached: no cluster port, no links, no audit devices, nothing that is due.
    bool isIsolated = false;
    bool isDev = false;
    std::string devRootToken; // the id that the root token gets; dev only
};

} // namespace core::server
