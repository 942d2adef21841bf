#pragma once

#include "core/base/result.h"
#include "core/base/secret_bytes.h"

#include <filesystem>
#include <functional>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace core::server {

/// One cluster of the lab, for scripts and the console.
struct LabCluster {
    std::string name;
    std::string role; // "primary", "performance-secondary", "dr-secondary"
    std::string apiAddress;
    std::string clusterAddress;
    std::string caPem;
    std::string caFile;    // the certificates of the whole lab
    SecretBytes rootToken; // empty for the DR secondary, which has none until it is promoted
    std::vector<SecretBytes> unsealKeys;
};

/// Three embedded clusters that replicate: a primary, a performance secondary and a DR secondary. For trying out and for tests.
class Lab {
public:
    struct Options {
        std::filesystem::path directory;                  // empty: in memory
        std::uint16_t firstPort = 0;                      // 0: free ports; else API on firstPort, +10, +20 and cluster ports one above each
        std::function<void(const std::string&)> progress; // one line per step, from the calling thread
    };

    /// Starts, initialises, connects, and returns when all three are in sync. Blocks for some seconds: not on the GUI thread.
    static Result<std::unique_ptr<Lab>> start(Options options);
    virtual ~Lab() = default;

    virtual const std::vector<LabCluster>& clusters() const = 0;
    virtual void stop() = 0;
};

} // namespace core::server
