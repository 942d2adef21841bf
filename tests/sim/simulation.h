#pragma once

#include "tests/sim/cluster.h"

#include <memory>

namespace sim {

/// Seeds from here on also have the later features. Earlier seeds keep their meaning.
inline constexpr std::uint64_t kExtendedFrom = 1'000'000;
inline constexpr std::uint64_t kAdversaryFrom = 2'000'000; // former members with everything they ever had; revocations as compromised

/// One run: a replication set is built, lives through the events of the seed, is healed, and must then be whole.
class Simulation {
public:
    struct Options {
        std::uint64_t seed = 0;
        bool isTracing = false;
    };
    explicit Simulation(Options options);

    struct Outcome {
        std::optional<std::string> failure;
        std::uint64_t traceHash = 0;
        std::uint64_t writesAnswered = 0;
        std::uint64_t bytesSent = 0;
    };
    Outcome run();

private:
    // Phases
    void build();
    void live();
    void heal();
    void settle();
    void activateThoseAhead();

    // What happens during the live phase
    /// Does it now, and again after a time between these limits, until the flag is false.
    void repeat(const bool& isOn, Duration least, Duration most, std::function<void()> what);
    void causeFault();
    void runRandomOperation();
    void changeRandomMounts();
    void loseRandomPrimary();
    void changeRandomRelay();
    replication::PathFilter anyFilter();
    void checkAll();
    void checkLogs();

    // Operators (operator.cpp). Each starts something that answers later
    void enable(int cluster, Type type);
    void activate(int primary, int secondary, Type type);
    void demote(int cluster, Type type);
    void promote(int cluster, Type type, bool isForced);
    void disable(int cluster, Type type);
    void revokeOne(int cluster, Type type);
    void updatePrimary(int secondary, int primary, Type type);
    void failOver(int primary, int secondary, Type type);
    /// A former member shows a cluster what it can make with the set's keys. Nothing of it may count.
    void attack(int victim, replication::Type type);
    /// A cluster without the right, also a former member, shows another one forged entries of the trust log. None may count.
    void attackLog(int victim, int by, replication::Type type);
    /// Former members with all bytes that they ever had (adversary.cpp).
    void hoard();
    void attackWithHoard();
    void show(int victim, Type type, const std::vector<std::string>& entries, const std::string& what);
    void replayOldLists(int victim, Type type);
    void takeOverAfterRevocation(int victim, int by, Type type);
    void takeOverBeforeTheList(int victim, int by, Type type);
    void completeHandover(int victim, Type type);
    void useTokenAgain(int thief);
    void switchOver(int primary, int secondary, Type type);
    using Side = replication::SecondarySeats::Side;
    void withToken(int primary, Type type, const std::string& id, std::function<void(const std::string& token)> done, Side side = Side::Primary);

    Cluster& at(int cluster) { return *m_clusters.at(static_cast<std::size_t>(cluster)); }
    int pickCluster() { return static_cast<int>(m_world.pick(m_clusters.size())); }
    bool waitFor(const std::function<bool()>& isDone, Duration atMost);
    replication::Mode modeOf(int cluster, Type type);
    /// Whether nothing is under way, no cluster is down, and every secondary holds what its primary holds.
    bool isWhole(std::string* why = nullptr);
    int primaryOf(int secondary, Type type);
    /// Whether the chain of followed clusters ends at the leader.
    bool leadsTo(int secondary, int leader, Type type);
    bool hasRoot(int secondary, Type type);
    bool mayLink(int secondary, int followed, Type type);

    const std::uint64_t m_seed;
    World m_world;
    Network m_network;
    Shared m_shared;
    std::vector<std::unique_ptr<Cluster>> m_clusters;
    bool m_isLive = false;    // faults and operators
    bool m_isWritten = false; // clients
    bool m_hasLosses = false; // previews and salvages
    bool m_hasRelays = false;
    bool m_hasForgers = false;
    bool m_hasAdversary = false;
    struct Hoard {
        std::vector<std::pair<Type, std::shared_ptr<const core::trust::TrustLog>>> logs;
        std::vector<std::pair<Type, std::string>> offers; // HANDOVER entries without the second signature
    };
    Hoard m_hoard;
    std::uint64_t m_idNext = 0;
    unsigned m_faultiness = 0;
};

} // namespace sim
