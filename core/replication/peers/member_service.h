#pragma once

#include "core/replication/peers/log_tail.h"
#include "core/replication/manager/manager.h"
#include "core/replication/peers/rate.h"
#include "core/replication/peers/readiness.h"

#include <functional>
#include <map>
#include <memory>

namespace core::replication {

/// What this cluster tells other members of its sets and asks them: what each holds, how each sees the links, and from that the
/// preview of a promotion, the salvage before it, the verdict on each link and the readiness of DR.
///
/// The verbs of the API block (the network, some seconds at most; salvage as long as there is something to take over): never
/// on an I/O thread. Thread-safe. What is computed from facts alone is in preview.h and verdict.h.
class MemberService {
public:
    /// The table (0 secrets engines, 1 auth methods, 2 audit devices) and the path in it.
    using LocalMounts = std::vector<std::pair<unsigned, std::string>>;

    struct Services {
        log::Store& store;
        const LeafHasher& hasher;
        const Clock& clock;
        ReplicationManager& manager;
        std::function<std::string()> clusterName;
        std::function<std::string()> clusterId = {}; // none: not told
        /// Why this cluster refuses every request; empty: it serves. None: it serves.
        std::function<std::string()> auditFailure = {};
        /// Local mounts of this cluster where the primary has made shared ones, as `secrets engine "kv/"`. None: there are none.
        std::function<std::vector<std::string>()> mountConflicts = {};
        /// What this cluster has mounted for itself alone, without what every cluster has. None: nothing.
        std::function<LocalMounts()> localMounts = {};
        /// The path that clients use, of a physical key; asked for anew for each list of names.
        std::function<std::function<std::string(std::string_view key)>()> names;
        /// These physical keys have other values now.
        std::function<void(const std::vector<std::string>&)> changed;
        /// Of the log, what is kept for a link at most.
        std::uint64_t retentionBytes = log::Store::Options{}.retentionBytes;
        std::chrono::seconds retentionAge = log::Store::Options{}.retentionAge;
        /// What else readiness shows.
        struct Preparation {
            int operationTokenCount = 0;          // made by a quorum and not deleted
            bool isTokenGenerationClosed = false; // the configuration lets no key shares make one
            WallTime snapshotProvenAt{};          // epoch: never
            std::string snapshotUrl{};
            std::string drillTime{}; // RFC 3339; empty: never
            std::string drillState{};
        };
        std::function<Preparation()> preparation;
        /// False: a secondary keeps to the addresses that it was given, whatever others tell of.
        bool discoversServers = true;
        /// Where questions of others are answered; outlives this. Null: a thread of its own.
        Background* background = nullptr;
        /// Questions under way at a time, each but one on a thread.
        std::size_t askersMax = 16;
    };
    explicit MemberService(Services services);
    ~MemberService();

    /// Before anything else; outlives the running time.
    void setTransport(Transport& transport) { m_transport = &transport; }
    /// After the transport has stopped; what is being answered is finished.
    void stop();
    /// Takes samples of how fast things move; once a second or so, any thread.
    void tick() CORE_EXCLUDES(m_mutex);

    /// Answers a question of another member on a thread of its own; for the cluster port.
    void answer(const Member& peer, wire::PeerRequest request, std::function<void(wire::PeerAnswer)> done);

    /// What a promotion of this secondary would lose. 400 where this is no secondary of the type.
    mount::Response preview(Type type);
    /// The same in one sentence or two, within about two seconds; for the answer of a promotion.
    std::vector<std::string> promotionWarnings(Type type);
    /// How each link of this cluster is, computed from both ends.
    mount::Response links();
    /// Adds `verdict`, its cause and the horizon to a status object, as this end sees it.
    void addVerdicts(Type type, boost::json::object& status) const CORE_EXCLUDES(m_mutex);
    /// The id of a performance secondary of this primary that has told of a local mount that overlaps this one; empty: none has.
    std::string whoHasMounted(unsigned table, std::string_view path) const CORE_EXCLUDES(m_mutex);
    /// As in Services.
    std::vector<std::string> mountConflicts() const { return m_services.mountConflicts ? m_services.mountConflicts() : std::vector<std::string>{}; }
    std::string auditFailure() const { return m_services.auditFailure ? m_services.auditFailure() : std::string{}; }
    std::vector<Metric> metrics() const CORE_EXCLUDES(m_mutex);
    /// Facts about each DR pair of this cluster: is it ready for a failover? With the batch token that asks, if one does.
    mount::Response readiness(const std::optional<OfferedToken>& offered);

    /// Takes over what a performance secondary holds beyond this DR secondary.
    mount::Response salvage();

private:
    struct Asked {
        Member member;
        Result<wire::PeerAnswer> answer;
    };
    struct LossSurvey; // what a preview has found out
    struct Samples {   // of one link, over the last minutes
        Rate place;
        Rate rootsDifferent;
        Rate rejected;
        std::deque<std::pair<SteadyTime, std::uint64_t>> behind; // of the last minute
    };
    using Samplings = std::map<std::pair<Type, std::string>, Samples>; // by the id of the secondary; empty: this cluster
    struct LinkView;                                                   // of this cluster, with what is known of it

    /// Tells the performance primary what is mounted here alone, where that has changed or was told long ago. Blocking (network, a second).
    void tellLocalMounts() CORE_EXCLUDES(m_mutex);
    /// A promoted member shows its statement: has it been accepted here?
    void acknowledge(const Member& peer, const wire::PeerRequest::Promotion& shown, wire::PeerAnswer& answer);
    /// Entries of a trust log that the member lacks.
    void tellTrust(const Member& peer, const wire::PeerRequest::TrustQuestion& question, wire::PeerAnswer& answer) const;
    bool isOfSet(const Member& peer, Type type) const;
    void noteLocalMounts(const Member& peer, const wire::PeerRequest::LocalMounts& told) CORE_EXCLUDES(m_mutex);

    std::vector<LinkView> ownLinks(Type type) const CORE_EXCLUDES(m_mutex);
    void ask(std::vector<LinkView>& links);
    boost::json::object linkObject(const LinkView& link) const;

    Members others(Type type, bool isWithPrimary) const;
    std::vector<Asked> askAll(const Members& members, const wire::PeerRequest& request, std::chrono::milliseconds atMost);
    wire::PeerAnswer answerNow(const Member& peer, const wire::PeerRequest& request);
    void describe(wire::PeerDescription& out) const;
    void describeRole(Type type, wire::PeerRole& out) const;
    Result<> reportLogTail(const Member& peer, const wire::PeerRequest::LogTail& question, wire::LogTailAnswer& out) const;
    Position livePosition(Type type) const;
    /// Of the last performance primary that this cluster knows of.
    Epoch performanceEpoch() const;
    LossSurvey survey(Type type, std::size_t entryMax, std::chrono::milliseconds atMost);
    std::vector<std::string> olderMembers(const std::vector<Asked>& described) const;
    boost::json::object surveyObject(const LossSurvey& survey) const;
    bool isHeldHere(const wire::LogTailEntry& entry) const;
    /// Of one source, or of all.
    struct TakenOver;
    /// Everything that it holds behind what is here; `position` moves with each transaction.
    Result<TakenOver> takeOver(const Member& source, Position& position);
    Result<std::size_t> applySalvaged(const std::string& records, bool isWhole, Position& position);

    const Services m_services;
    Transport* m_transport = nullptr;

    mutable Mutex m_mutex;                                          // leaf lock
    Rate m_written CORE_GUARDED_BY(m_mutex);                        // of the own log
    std::map<Type, Rate> m_primaryWritten CORE_GUARDED_BY(m_mutex); // of the primary's log, as heard
    Samplings m_samples CORE_GUARDED_BY(m_mutex);
    std::map<std::string, LocalMounts> m_memberMounts CORE_GUARDED_BY(m_mutex); // by the id of a performance secondary
    LocalMounts m_toldMounts;                                                   // of the ticks, as the next
    SteadyTime m_tellMountsAt;

    const std::unique_ptr<Background> m_ownBackground;
    Background& m_background; // last: it uses everything above
};

} // namespace core::replication
