#pragma once

#include "core/barrier/seal.h"
#include "core/replication/seams/hasher.h"
#include "core/replication/manager/manager.h"
#include "tests/core/log/faulty_disk.h"
#include "tests/sim/mount_rules.h"
#include "tests/sim/port.h"
#include "tests/sim/watched_store.h"

namespace sim {

using replication::Type;

/// What clusters share in a run, besides the network: activation tokens at their primaries, and what the checks know.
struct Shared {
    World& world;
    Network& network;
    Histories histories{};
    struct Token {
        boost::json::object data;
        int issuer = -1;
        bool isUsed = false;
    };
    std::map<std::string, Token> tokens{};
    /// Unseal keys of every set: who becomes a secondary is unsealed with its primary's from then on.
    std::vector<SecretBytes> shares{};
    /// Whether a token's primary can be asked for what it wraps.
    std::function<bool(int issuer, int asker)> canUnwrap{};
    /// Clusters that were made the primary of a set at an epoch, by an operator.
    std::map<std::string, std::set<int>> primaries{};
    /// Who was offered the primary role by whom, by "<type>/<secondary>"; the last offer.
    std::map<std::string, int> offers{};
    std::set<int> givenUp{}; // primaries that have abandoned an offer by force
    std::function<ContentSum(int cluster)> sumOf{};
    std::function<bool(int cluster)> isFollowing{}; // a performance secondary
    /// Certificates that were revoked (or whose primary is none any more), by "<cluster>/<type>/<set>/<fingerprint>".
    std::set<std::string> revoked{};
    /// Mounts come and go, and filters with them.
    bool hasFilters = false;
    std::uint64_t uuidNext = 0;
};

std::string setName(Type type, const std::string& setId, Epoch epoch);

/// One cluster of one node: a disk that outlives everything, and a process on it, or none.
class Cluster final : public replication::Host, public PortWatcher {
public:
    Cluster(Shared& shared, int number, std::uint64_t seed);
    ~Cluster() override;

    // Life
    void initialize();
    /// Starts a process on what the disk holds. False when the power went off meanwhile.
    bool start();
    void shutDown();
    enum class Death { Killed, PowerLost };
    void die(Death death);
    /// Ends the process, and starts it again.
    void restart(Duration after);
    /// To be called after everything that happens: whoever has lost his power dies.
    void buryIfDead();
    /// Starts after a while, again and again until it succeeds.
    void startLater(Duration after);
    bool isRunning() const { return m_process != nullptr; }
    int number() const { return m_number; }

    // Faults
    void cutPowerAfter(std::uint64_t writes) { m_power.cutAfter(writes); }
    void failWriteAfter(std::uint64_t writes) { m_power.failAfter(writes); }
    void setDiskFull(bool isFull);
    /// A write has failed, and nothing has been written since.
    bool isDiskBroken() const { return m_engine->isFailed; }
    ClusterClock& clock() { return m_clock; }

    // What an operator does, one after another; `done` is given the answer unless the process dies.
    using Operation = std::function<mount::Response(replication::ReplicationManager&)>;
    void makePrimary(std::string name, Operation operation);
    void operate(std::string name, Operation operation, std::function<void(const mount::Response&)> done = {});
    bool isBusy() const;
    /// Notes that this cluster is the primary of whatever its plans say now.
    void noteMadePrimary();
    replication::ReplicationManager& manager();
    const replication::LinkPlan& plan(Type type) const;
    replication::LinkStatus report(Type type) const;
    Port& port();
    /// The public half of the key with which it proves itself on links; empty: it has none.
    std::string memberKey() const;
    std::optional<core::trust::MemberKeys> keys() const;
    /// Whether it is that key, one that it has replaced, or the next one.
    bool ownsKey(const std::string& memberKey) const;
    /// Asks what a promotion would lose, and holds the answer against what the primary's log has had (cluster_peers.cpp).
    /// A statement of this cluster's set that another one leads it, as whoever once had the set's keys can make it (base64); empty: no set.
    std::string forgedStatement(replication::Type type, std::uint64_t epochStep, int named);
    void preview(Type type);
    /// `done` where something could be taken over, or there was nothing.
    void salvage(std::function<void()> done);
    void saveSnapshot();
    void restoreSnapshot();
    bool hasSnapshot() const { return !m_snapshot.empty(); }

    /// A client's write of a few keys, in the way of core/request; what comes of it goes into the model.
    void clientWrite();
    std::uint64_t writesAnswered = 0;

    // Mounts and paths filters, changed by requests as core/sys does it (cluster_mounts.cpp); nothing happens where it makes no sense
    void mountAt(const std::string& path);
    void unmount(const std::string& path);
    void moveMount(const std::string& from, const std::string& to);
    void setFilter(const std::string& secondaryId, replication::PathFilter filter);
    void removeFilter(const std::string& secondaryId);

    // Checks
    /// Of what is stored now; the process runs.
    const MountRules& mountRules();
    ClusterModel& model() { return m_model; }
    const log::Store& store() const;
    void checkFollowed(Type type);
    /// What a role and the trust log of its set say that does not go together; empty: nothing.
    std::string trustProblem(Type type) const;
    /// The last entry of the set's trust log; empty: none is kept.
    std::string trustHead(Type type) const;
    /// An entry that this cluster makes and signs with its own key, as it likes, for the log of another; `choice` says which.
    trust::Entry forgedEntry(const trust::TrustLog& log, std::uint64_t choice) const;
    void checkForest();
    replication::Position storedPosition(Type type) const;

    // Host
    std::string apiAddress() const override { return "https://c" + std::to_string(m_number) + ":8200"; }
    std::string clusterId() const override { return "id-c" + std::to_string(m_number); }
    std::string clusterName() const override { return "c" + std::to_string(m_number); }
    std::string clusterAddress() const override { return Network::addressOf(m_number); }
    bool isDev() const override { return false; }
    std::string devRootToken() const override { return {}; }
    void waitForRequests(std::chrono::milliseconds atMost) override;
    Result<std::vector<log::Operation>> keptOperations(const barrier::Barrier& next) override;
    void reload() override;
    Result<> makeRootToken(const std::string&) override { return {}; }
    void invalidate(const std::vector<std::string>& keys) override;

    // PortWatcher
    void sent(Type type, const std::string& secondaryId, const std::string& fingerprint, std::string_view bytes) override;
    void foundEqual(Type type, const replication::Position& position) override;
    void bootstrapFetched(Type type, int from) override;
    void planChanges(const replication::LinkPlan& before, const replication::LinkPlan& next) override;

private:
    struct Process;
    struct Write;
    void openStore(Process& process);
    bool openProcess(Process& process);
    void startReplication(Process& process);
    void startPeers(Process& process);
    void maintain();
    void cleanMounts();
    /// Where a client writes; the mount that it belongs to, if any, is added to `mounts`.
    std::string pickFolder(std::vector<mount::MountEntry>& mounts);
    /// A request that writes what `body` puts into the scope; nothing where that is false.
    void request(const std::function<bool(const barrier::Scope&)>& body);
    void finishWrite(const std::shared_ptr<Write>& write);
    void answered(bool isShared, bool isLocal);
    void checkSalvaged(const replication::Position& position, const std::string& who);
    void afterReplacement();

    Shared& m_shared;
    World& m_world;
    const int m_number;
    SeededRandom m_random;
    ClusterClock m_clock;
    testing_log::Power m_power;
    testing_log::FaultyFileSystem m_files{m_power};
    std::shared_ptr<testing_log::VolatileEngine::State> m_engine = std::make_shared<testing_log::VolatileEngine::State>();
    log::Store::Options m_storeOptions;
    ClusterModel m_model;
    MountRules m_rules;
    std::uint64_t m_rulesVersion = 0;
    std::vector<log::Operation> m_snapshot;
    SecretBytes m_snapshotForestKey; // a set's alone: whether a snapshot is of the keys that the cluster has
    bool m_isBootstrapFetched = false;
    bool m_isRestoring = false;
    bool m_isTakingOver = false;
    bool m_isBeingMadePrimary = false; // not answered yet: a crash may leave it either way
    bool m_isStartDue = false;
    std::unique_ptr<Process> m_process;
};

} // namespace sim
