#pragma once

#include "core/server/config/config.h"

#include <filesystem>
#include <string>

namespace core::server {

/// The options that a server gives to its node.
struct NodeOptions {
    Config config;
    std::string apiAddress;                        // URL
    std::string clusterAddress;                    // URL that is advertised
    std::string clusterListen;                     // host:port of the cluster port; empty: none
    std::filesystem::path uploadDirectory;         // uploads and downloads of snapshots
    std::filesystem::path throwAwayStoreDirectory; // empty: in memory, like the data
    std::filesystem::path safetyDirectory;         // for safety snapshots; empty: none can be kept
    /// Starts no links and asks no member. The caller must also leave clusterListen empty, remove audit devices and not call tick().
    bool isIsolated = false;
    bool isDev = false;
    std::string devRootToken; // the id that the root token gets; dev only
};

} // namespace core::server
