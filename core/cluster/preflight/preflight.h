#pragma once

#include "core/base/clock.h"
#include "core/cluster/preflight/preflight_checks.h"
#include "core/mount/response.h"

#include <atomic>
#include <functional>

namespace core::cluster {

/// Looks, before two clusters are linked, whether everything between them is as it must be: addresses, ports, certificates, clocks,
/// versions, room, and an activation token, which is not used up. Changes nothing at either end.
///
/// It calls where it is told to, so it belongs behind a policy: only fixed paths of the API are called, redirects are not followed,
/// nothing that was answered is passed on as it is, and a run is bounded in time, bytes and number. Thread-safe; blocking.
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
        /// What is wrong with this cluster's own listeners. None: nothing is looked at.
        std::function<std::vector<std::string>()> ownWarnings = {};
    };
    explicit Preflight(Services services) : m_services{std::move(services)} {}

    struct Options {
        std::string apiAddress;      // of the other cluster
        std::string clusterAddress;  // of the other cluster; empty: what it tells, or the API's port and one
        std::string activationToken; // empty: none to look at
        std::string caFile, caPem;   // whom to trust for its API
        std::string targetToken;     // with it the other cluster checks back
        std::string ownCaPem;        // whom that one shall trust for the API here
        bool isBack = false;         // this is such a check back
    };
    mount::Response run(const Options& options);

private:
    ApiFacts call(const Options& options, const char* method, const std::string& path, const std::string& body, const std::string& token) const;
    void lookAtCluster(const Options& options, Findings& out) const;
    struct SelfReport { // by the other cluster about itself, when it was asked to check back
        std::string clusterAddress;
        std::optional<std::uint64_t> usedBytes;
    };
    SelfReport checkBack(const Options& options, Findings& out) const;

    const Services m_services;
    std::atomic<int> m_running{0};
};

} // namespace core::cluster
