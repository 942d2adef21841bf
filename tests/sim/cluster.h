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

/// Shared by all clusters of a run, in addition to the network: activation tokens at their primaries, and what the checks know.
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
    /// Unseal keys of every set. A cluster that becomes a secondary is unsealed with its primary's keys from then on.
    std::vector<SecretBytes> shares{};
    /// Whether `asker` can ask the primary of a token for its content.
    std::function<bool(int issuer, int asker)> canUnwrap{};
    /// Clusters that an operator made the primary of a set at an epoch.
    std::map<std::string, std::set<int>> primaries{};
    /// The primary that offered its role last, by "<type>/<secondary>".
    std::map<std::string, int> offers{};
    std::set<int> givenUp{}; // primaries that gave up an offer by force
    std::function<ContentSum(int cluster)> sumOf{};
    std::function<bool(int cluster)> isFollowing{}; // a performance secondary
    /// Certificates that were revoked (or whose primary is none any more), by "<cluster>/<type>/<set>/<fingerprint>".
    std::set<std::string> revoked{};
    /// Clients add and remove mounts, and operators change filters.
    bool hasFilters = false;
    std::uint64_t uuidNext = 0;
};

std::string setName(Type type, const std::string& setId, Epoch epoch);

/// One cluster of one node: a disk that survives everything, and a process on it, or none.
class Cluster final : public replication::Host, public PortWatcher {
public:
    Cluster(Shared& shared, int number, std::uint64_t seed);
    ~Cluster() override;

    // Life
    void initialize();
    /// Starts a process on the disk's content. False: the power went off during the start.
    bool start();
    void shutDown();
    enum class Death { Killed, PowerLost };
    void die(Death death);
    /// Ends the process and starts it again.
    void restart(Duration after);
    /// Called after every event: ends the process of a cluster without power.
    void buryIfDead();
    /// Starts after a while, and tries again until it succeeds.
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

    // Operations of an operator, one after another. `done` gets the answer, unless the process dies.
    using Operation = std::function<mount::Response(replication::ReplicationManager&)>;
    void makePrimary(std::string name, Operation operation);
    void operate(std::string name, Operation operation, std::function<void(const mount::Response&)> done = {});
    bool isBusy() const;
    /// Notes that this cluster is the primary of all sets that its plans say now.
    void noteMadePrimary();
    replication::ReplicationManager& manager();
    const replication::LinkPlan& plan(Type type) const;
    replication::LinkStatus report(Type type) const;
    Port& port();
    /// The public half of the key that it proves on links; empty: none.
    std::string memberKey() const;
    std::optional<core::trust::MemberKeys> keys() const;
    /// Whether it is this key, one that it has replaced, or the next one.
    bool ownsKey(const std::string& memberKey) const;
    /// A statement that another cluster leads this cluster's set, as anybody who once had the set's keys can make it (base64). Empty: no
    /// set.
    std::string forgedStatement(replication::Type type, std::uint64_t epochStep, int named);
    /// Asks what a promotion would lose, and compares the answer with the contents of the primary's log (cluster_peers.cpp).
    void preview(Type type);
    /// `done` runs if something was copied, or there was nothing to copy.
    void salvage(std::function<void()> done);
    void saveSnapshot();
    void restoreSnapshot();
    bool hasSnapshot() const { return !m_snapshot.empty(); }

    /// A client's write of a few keys, in the same steps as core/request. Its outcome goes into the model.
    void clientWrite();
    std::uint64_t writesAnswered = 0;

    // Mounts and paths filters, changed by requests as in core/sys (cluster_mounts.cpp). Does nothing if the change makes no sense now
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
    /// How a role and the trust log of its set contradict each other; empty: they do not.
    std::string trustProblem(Type type) const;
    /// The newest entry of the set's trust log; empty: no log.
    std::string trustHead(Type type) const;
    /// A forged entry for the log of another cluster, signed with this cluster's own key. `choice` selects its form.
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
    /// As core/request: the barrier follows the stored keyring.
    static void followKeyring(Process& process);
    void maintain();
    void cleanMounts();
    /// The folder for a client's write. Adds its mount, if it has one, to `mounts`.
    std::string pickFolder(std::vector<mount::MountEntry>& mounts);
    /// Commits a request that writes what `body` puts into the scope. No commit if `body` returns false.
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
    SecretBytes m_snapshotForestKey; // of one set: tells whether a snapshot has the keys of this cluster
    bool m_isBootstrapFetched = false;
    bool m_isRestoring = false;
    bool m_isTakingOver = false;
    bool m_isBeingMadePrimary = false; // not answered yet, so a crash may leave either state
    bool m_isStartDue = false;
    std::unique_ptr<Process> m_process;
};

} // namespace sim
