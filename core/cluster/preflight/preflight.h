#pragma once

#include "core/base/clock.h"
#include "core/base/secret_bytes.h"
#include "core/cluster/preflight/preflight_checks.h"
#include "core/mount/response.h"

#include <atomic>
#include <functional>

namespace core::cluster {

/// Checks, before two clusters are linked, everything between them: addresses, ports, certificates, clocks, versions, disk space, and an
/// activation token, which it does not spend. Changes nothing at either end.
///
/// It calls an address that the caller chooses, so it belongs behind a policy. It calls only fixed paths of the API, follows no redirect,
/// quotes no answer as it is, and limits time, bytes and number of runs. Thread-safe; blocking.
class Preflight {
public:
    struct Services {
        const Clock& clock;
        std::string version;    // of this program
        std::string apiAddress; // advertised here; empty: none
        std::string clusterAddress;
        struct Room {
            std::uint64_t freeBytes = 0;
            std::uint64_t usedBytes = 0;
        };
        std::function<Room()> room;
        /// Problems of this cluster's own listeners. None: not checked.
        std::function<std::vector<std::string>()> ownWarnings = {};
    };
    explicit Preflight(Services services) : m_services{std::move(services)} {}

    struct Options {
        std::string apiAddress;      // of the other cluster
        std::string clusterAddress;  // of the other cluster; empty: the one it names, or the API's port plus one
        SecretBytes activationToken; // empty: no token to check
        std::string caFile, caPem;   // trusted for the other cluster's API
        SecretBytes targetToken;     // lets the other cluster check the connection back
        std::string ownCaPem;        // trusted by the other cluster for the API here
        bool isBack = false;         // this run is such a check back
    };
    mount::Response run(Options options);

private:
    ApiFacts call(const Options& options, const char* method, const std::string& path, std::string_view body, const SecretBytes& token) const;
    /// Asks the other cluster about the activation token. That does not spend it.
    ApiFacts lookUpToken(const Options& options) const;
    void lookAtCluster(const Options& options, Findings& out) const;
    struct SelfReport { // about itself, from the other cluster, when it was asked to check back
        std::string clusterAddress;
        std::optional<std::uint64_t> usedBytes;
    };
    SelfReport checkBack(const Options& options, Findings& out) const;

    const Services m_services;
    std::atomic<int> m_running{0};
};

} // namespace core::cluster
