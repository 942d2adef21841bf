#pragma once

#include "core/replication/peers/log_tail.h"
#include "core/replication/manager/manager.h"
#include "core/replication/peers/rate.h"
#include "core/replication/peers/readiness.h"

#include <functional>
#include <map>
#include <memory>

namespace core::replication {

struct LinkFacts;

/// Asks other members of this cluster's sets, and answers them: what each holds, and how each sees its links. From the answers it makes the
/// preview of a promotion, the salvage, the verdict on each link, and the readiness of DR.
///
/// The operations of the API block: on the network for some seconds, salvage until everything is copied. Never call them on an I/O thread.
/// Thread-safe. preview.h, link_verdict.h and readiness.h compute from facts alone.
class MemberService {
public:
    /// Each one: the table (0 secrets engines, 1 auth methods, 2 audit devices) and the path in it.
    using LocalMounts = std::vector<std::pair<unsigned, std::string>>;
    using Below = std::vector<KnownMembers::Below>;

    struct Services {
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
        /// These physical keys have new values.
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
    explicit MemberService(Services services);
    ~MemberService();

    /// Call before anything else. The transport must live until stop().
    void setTransport(Transport& transport) { m_transport = &transport; }
    /// Call after the transport has stopped. Finishes the answers under way.
    void stop();
    /// Takes samples of how fast indexes and roots change. Call about once a second, on any thread.
    void tick() CORE_EXCLUDES(m_mutex);

    /// Answers another member's question on a thread of its own. For the cluster port.
    void answer(const Member& peer, wire::PeerRequest request, std::function<void(wire::PeerAnswer)> done);

    /// What a promotion of this secondary would lose. 400 if this is no secondary of the type.
    mount::Response preview(Type type);
    /// The same in one or two sentences, within about two seconds, for the answer of a promotion.
    std::vector<std::string> promotionWarnings(Type type);
    /// The verdict on each link of this cluster, computed from both ends.
    mount::Response links();
    /// Adds `verdict`, its cause and the horizon to a status object, from this end only.
    void addVerdicts(Type type, boost::json::object& status) const CORE_EXCLUDES(m_mutex);
    /// The id of a performance secondary of this primary with a local mount that overlaps this path; empty: none is known.
    std::string whoHasMounted(unsigned table, std::string_view path) const CORE_EXCLUDES(m_mutex);
    /// As in Services.
    std::vector<std::string> mountConflicts() const { return m_services.mountConflicts ? m_services.mountConflicts() : std::vector<std::string>{}; }
    std::string auditFailure() const { return m_services.auditFailure ? m_services.auditFailure() : std::string{}; }
    std::vector<Metric> metrics() const CORE_EXCLUDES(m_mutex);
    /// Facts about each DR pair of this cluster: is it ready for a failover? `offered`: the batch token of the caller, if it is one.
    mount::Response readiness(const std::optional<OfferedToken>& offered);

    /// Copies what performance secondaries hold and this DR secondary lacks.
    mount::Response salvage();

private:
    struct Asked {
        Member member;
        Result<wire::PeerAnswer> answer;
    };
    struct LossSurvey; // the facts of a preview
    struct Samples {   // of one link, over the last minutes
        Rate place;
        Rate rootsDifferent;
        Rate rejected;
        std::deque<std::pair<SteadyTime, std::uint64_t>> behind; // of the last minute
    };
    using Samplings = std::map<std::pair<Type, std::string>, Samples>; // by the id of the secondary; empty: this cluster
    struct LinkView;                                                   // a link of this cluster, with all that is known of it

    /// Sends the performance primary the list of local mounts and what is wrong here, if this has changed or was sent long ago. Blocking (network,
    /// a second).
    void tellPrimary() CORE_EXCLUDES(m_mutex);
    /// Adds what the performance secondary with this id has reported of itself.
    void addTold(const std::string& id, LinkFacts& facts) const CORE_REQUIRES(m_mutex);
    /// A promoted member shows its statement: answers whether this cluster has accepted it.
    void acknowledge(const Member& peer, const wire::PeerRequest::Promotion& shown, wire::PeerAnswer& answer);
    void noteFormerPrimary(const Member& peer, const wire::PeerRequest::FormerPrimaryReport& told);
    /// Entries of a trust log that the member lacks.
    void tellTrust(const Member& peer, const wire::PeerRequest::TrustQuestion& question, wire::PeerAnswer& answer) const;
    void tellAuthority(const Member& peer, const wire::PeerRequest::Authority& question, wire::PeerAnswer& answer) const;
    bool isOfSet(const Member& peer, Type type) const;
    /// A relay reports its secondaries to the cluster above, and those that its secondaries report. It does so on a change, and every ten seconds.
    /// Blocking, a second.
    void reportBelow() CORE_EXCLUDES(m_mutex);
    void noteBelow(const Member& peer, const wire::PeerRequest::Below& report) CORE_EXCLUDES(m_mutex);
    Below allBelow() const CORE_EXCLUDES(m_mutex);
    /// To the rows of relays in a status, and to the names of those without new keys.
    void addBelow(boost::json::object& status) const CORE_EXCLUDES(m_mutex);
    void noteLocalMounts(const Member& peer, const wire::PeerRequest::LocalMounts& told) CORE_EXCLUDES(m_mutex);

    std::vector<LinkView> ownLinks(Type type) const CORE_EXCLUDES(m_mutex);
    void ask(std::vector<LinkView>& links);
    boost::json::object linkObject(const LinkView& link) const;
    boost::json::array otherPrimaries(Type type) const;

    Members others(Type type, bool isWithPrimary) const;
    std::vector<Asked> askAll(const Members& members, const wire::PeerRequest& request, std::chrono::milliseconds atMost);
    wire::PeerAnswer answerNow(const Member& peer, const wire::PeerRequest& request);
    void describe(wire::PeerDescription& out) const;
    void describeRole(Type type, wire::PeerRole& out) const;
    Result<> reportLogTail(const Member& peer, const wire::PeerRequest::LogTail& question, wire::LogTailAnswer& out) const;
    Position livePosition(Type type) const;
    /// Of the last performance primary known here.
    Epoch performanceEpoch() const;
    LossSurvey survey(Type type, std::size_t entryMax, std::chrono::milliseconds atMost);
    std::vector<std::string> olderMembers(const std::vector<Asked>& described) const;
    boost::json::object surveyObject(const LossSurvey& survey) const;
    bool isHeldHere(const wire::LogTailEntry& entry) const;
    /// The result for one source, or for all.
    struct TakenOver;
    /// Copies everything that the source holds after `position`. `position` moves with each transaction.
    Result<TakenOver> takeOver(const Member& source, Position& position);
    Result<std::size_t> applySalvaged(const std::string& records, bool isWhole, Position& position);

    const Services m_services;
    Transport* m_transport = nullptr;

    mutable Mutex m_mutex;                                          // leaf lock
    Rate m_written CORE_GUARDED_BY(m_mutex);                        // of the own log
    std::map<Type, Rate> m_primaryWritten CORE_GUARDED_BY(m_mutex); // of the primary's log, from heartbeats
    Samplings m_samples CORE_GUARDED_BY(m_mutex);
    /// What only a performance secondary knows of itself, and its primary must show.
    struct LocalReport {
        LocalMounts mounts;
        std::vector<std::string> conflicts; // see Services::mountConflicts
        std::string auditFailure;
        bool operator==(const LocalReport&) const = default;
    };
    std::map<std::string, LocalReport> m_memberReports CORE_GUARDED_BY(m_mutex); // by the id of a performance secondary
    LocalReport m_lastReport;                                                    // used by ticks only, as the next
    SteadyTime m_reportAt;
    std::map<std::string, Below> m_below CORE_GUARDED_BY(m_mutex); // by the id of a relay among this cluster's secondaries
    Below m_lastBelow;                                             // used by ticks only, as the next
    SteadyTime m_reportBelowAt;

    const std::unique_ptr<Background> m_ownBackground;
    Background& m_background; // last: it uses everything above
};

} // namespace core::replication
