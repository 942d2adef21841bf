#pragma once

#include "app/holdfast/text/json.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cli {

/// What one address reports about its cluster: `sys/health`, and the `data` of `sys/replication/status` (null while it is sealed).
struct ClusterReport {
    Json health;
    Json replication;
};

/// The clusters of one or more replication sets, as seen from some of their addresses.
struct Topology {
    struct Cluster {
        std::string name;    // the cluster's own, else its address
        std::string id;      // as in sys/health; empty while it is sealed
        std::string address; // the first that answered, or that was tried
        std::string error;   // why there is no answer; empty if there is one
        ClusterReport report;
        std::string program; // its version; empty: not known

        bool isReachable() const { return error.empty(); }
        const Json& status(std::string_view type) const { return report.replication[type]; }
    };
    struct Link {
        std::string type; // "performance" or "dr"
        std::size_t primary = 0;
        std::optional<std::size_t> secondary; // index of its cluster; none if only the primary knows it
        std::string secondaryId;
        std::string state;           // as the secondary says, such as stream-wals
        std::string connection;      // connected, disconnected, or never connected
        std::string program;         // of the secondary, by the primary; empty: not known
        bool isProgramOlder = false; // than the primary's
        std::string lastHeard;       // RFC 3339, by the primary, if it is not connected; empty: never, or not known
        std::string heardAgo;        // whole seconds since then, decimal text; empty: not known
        std::optional<std::int64_t> lagEntries;
        std::string lagSeconds; // decimal text; empty: not known, for example not connected

        bool isBroken() const { return connection != "connected" || state == "idle"; }
    };
    /// Two or more clusters that each act as the primary of one set: their data diverges.
    struct Split {
        std::string type;
        std::vector<std::size_t> primaries; // that of the latest epoch first
        bool hasLatest = false;             // the first one is of a later epoch than the others
    };
    /// A primary that knows of its successor and takes no writes. It has to be demoted before it can follow.
    struct Replaced {
        std::string type;
        std::size_t cluster = 0;
        std::string by, byAddress; // the successor's name, or its id; its API address
        std::int64_t epoch = 0;
    };
    std::vector<Cluster> clusters;
    std::vector<Link> links;
    std::vector<Split> splits;
    std::vector<Replaced> replaced;

    Json toJson() const;
    /// One tree for each cluster that is no secondary, with links below their primary.
    std::string toText() const;
};

/// Asks the addresses, and then those that the answers name, each cluster once. `ask` gets an address and never throws.
Topology exploreTopology(std::vector<std::string> addresses, const std::function<core::Result<ClusterReport>(const std::string& address)>& ask);

} // namespace cli
