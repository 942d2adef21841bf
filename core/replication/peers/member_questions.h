#pragma once

#include "core/replication/manager/manager.h"
#include "core/replication/wire/peer.pb.h"

#include <functional>
#include <vector>

namespace core::replication {

/// Each one: the table (0 secrets engines, 1 auth methods, 2 audit devices) and the path in it.
using LocalMounts = std::vector<std::pair<unsigned, std::string>>;

/// What the classes that talk with other members need.
struct MemberServices {
    log::Store& store;
    const LeafHasher& hasher;
    const Clock& clock;
    ReplicationManager& manager;
    std::function<std::string()> clusterName;
    std::function<std::string()> clusterId = {}; // none: not reported
    /// Why this cluster refuses every request; empty: it serves. None: it serves.
    std::function<std::string()> auditFailure = {};
    /// Local mounts of this cluster at paths where the primary has made shared ones, as `secrets engine "kv/"`. None: there are none.
    std::function<std::vector<std::string>()> mountConflicts = {};
    /// The local mounts of this cluster, without those that every cluster has. None: nothing.
    std::function<LocalMounts()> localMounts = {};
    /// Makes a function that turns a physical key into the path that clients use. Called again for each list of names.
    std::function<std::function<std::string(std::string_view key)>()> names;
    /// The most of the log that is kept for a link.
    std::uint64_t retentionBytes = log::Store::Options{}.retentionBytes;
    std::chrono::seconds retentionAge = log::Store::Options{}.retentionAge;
    /// What else readiness shows.
    struct Preparation {
        int operationTokenCount = 0;          // made by a quorum, and not deleted
        bool isTokenGenerationClosed = false; // the configuration lets no key shares make one
        WallTime snapshotProvenAt{};          // epoch: never
        std::string snapshotUrl{};
        std::string drillTime{}; // RFC 3339; empty: never
        std::string drillState{};
    };
    std::function<Preparation()> preparation;
    /// False: a secondary uses only the addresses that it was given, and none that others announce.
    bool discoversServers = true;
    /// Answers the questions of others. It outlives this object. Null: a thread of its own.
    Background* background = nullptr;
    /// Questions under way at a time. The first runs on the calling thread, the others on threads of their own.
    std::size_t askersMax = 16;
};

struct AskedMember {
    Member member;
    Result<wire::PeerAnswer> answer;
};

/// Asks other members of this cluster's sets, and knows this cluster's own place. Functions that ask block on the network. Thread-safe.
class MemberQuestions {
public:
    explicit MemberQuestions(const MemberServices& services) : m_services{services} {}

    /// Call before anything else. The transport must live until the end.
    void setTransport(Transport& transport) { m_transport = &transport; }
    /// Null: no other cluster can be reached.
    Transport* transport() const { return m_transport; }

    Members others(Type type, bool isWithPrimary) const;
    std::vector<AskedMember> askAll(const Members& members, const wire::PeerRequest& request, std::chrono::milliseconds atMost) const;
    Position livePosition(Type type) const;
    /// Of the last performance primary known here.
    Epoch performanceEpoch() const;
    /// As in MemberServices.
    std::vector<std::string> mountConflicts() const { return m_services.mountConflicts ? m_services.mountConflicts() : std::vector<std::string>{}; }
    std::string auditFailure() const { return m_services.auditFailure ? m_services.auditFailure() : std::string{}; }

private:
    const MemberServices& m_services;
    Transport* m_transport = nullptr;
};

/// The epoch of the latest statement that a cluster knows; 0: it knows none.
Epoch latestEpoch(const Role& role);

} // namespace core::replication
