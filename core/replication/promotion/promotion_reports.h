#pragma once

#include "core/replication/manager/manager.h"

#include <boost/json/array.hpp>

#include <array>
#include <map>
#include <memory>

namespace core::replication {

/// Makes sure that no set has two primaries for long, as far as the clusters reach each other.
///
/// 1. A promoted cluster shows its statement to its former primary and to every other member of the set (`hf_peer_v1`). It repeats this
///    with growing pauses, and also after a restart, until each has acknowledged. The former primary then stops writing by itself.
/// 2. A primary that has refused its successor shows it the refusal with the entries of the trust log. It repeats this until the refused
///    cluster has the entries and does not lead any more.
/// 3. A primary that starts first asks its members whether another cluster was promoted. Its writes wait for the answers, 5 s at most. If
///    nobody answers, it writes, and asks each second until somebody does.
///
/// Each member judges the statement itself (Epochs). Thread-safe. Its own thread asks. No other function blocks, unless its comment says
/// so.
class PromotionReports {
public:
    struct Services {
        log::Store& store;
        barrier::Barrier& barrier;
        const Clock& clock;
        ReplicationManager& manager;
        std::size_t askersMax = 16; // questions under way at a time, each on a thread
    };
    explicit PromotionReports(Services services);
    ~PromotionReports();

    /// Call after the manager has started. Without a transport nobody is asked.
    void start(Transport* transport) CORE_EXCLUDES(m_mutex);
    void stop();
    /// Call once a second. Quick.
    void tick() CORE_EXCLUDES(m_mutex);

    /// Call right after a promotion: shows the statement to all members at once. Returns sentences about clusters that still answer as
    /// primaries. Blocking, about 2 s at most.
    std::vector<std::string> announce() CORE_EXCLUDES(m_mutex);
    /// Sentences about second primaries of this cluster's sets (OtherPrimaries), or about former primaries that answered as primaries when they
    /// were last asked. Empty: there is none.
    std::vector<std::string> warnings() const CORE_EXCLUDES(m_mutex);
    /// The members that were shown the promotion of this type, and which have acknowledged. Empty if there is nobody to show it to.
    boost::json::array describe(Type type) const CORE_EXCLUDES(m_mutex);

private:
    struct Target {
        Member member;
        SteadyTime nextAt{};
        std::chrono::milliseconds delay{0};
        bool isAcknowledged = false;
        bool isStillPrimary = false; // it answers as one
        bool isRefused = false;      // this primary has refused its promotion
        unsigned answerCount = 0;    // without an acknowledgement
        std::string error;           // why it could not be shown; empty: it was
    };
    struct Delivery {                          // of one type
        std::string statement;                 // shown to the targets
        std::map<std::string, Target> targets; // by fingerprint
    };
    struct Order {
        Type type;
        std::string statement;
        Member member;
        bool isRefused = false;
    };

    /// Updates the targets from roles and members. True: a target is due.
    bool refresh() CORE_EXCLUDES(m_mutex);
    std::vector<Order> due(bool isEverybody) CORE_EXCLUDES(m_mutex);
    void show(const std::vector<Order>& orders) CORE_EXCLUDES(m_mutex);
    void note(const Order& order, const Result<wire::PeerAnswer>& answer) CORE_EXCLUDES(m_mutex);
    void noteRival(const Order& order, bool isPrimary);
    std::map<std::string, bool> acknowledged(Type type, const std::string& statement) const;
    void store(Type type) CORE_EXCLUDES(m_mutex);
    Members membersOf(Type type) const;
    /// Clusters whose promotion this primary has refused, as they were when they were members. They do not learn of it otherwise: nobody who follows
    /// this primary speaks to them.
    Members refusedMembers(Type type) const;
    wire::PeerRequest questionOf(const Order& order) const;
    /// Whether the former primary will stop when it sees the promotion: by the trust log, this cluster had the right to succeed it.
    bool mayStopIt(Type type) const;
    /// Asks a member for what it holds of the trust log and this cluster lacks: a later leader, or later lists of its own.
    void askForEntries(Type type, const Member& member) const;
    /// Asks all members whether there is a later primary. False: nobody has answered.
    bool askWhoLeads();
    void forEach(std::size_t count, const std::function<void(std::size_t)>& work) const;

    const Services m_services;
    Transport* m_transport = nullptr;                              // set by start()
    mutable Mutex m_mutex;                                         // leaf lock
    std::array<Delivery, 2> m_deliveries CORE_GUARDED_BY(m_mutex); // performance, DR
    std::atomic<bool> m_isBusy{false};
    std::atomic<bool> m_isUnanswered{false}; // a primary that has started, and has no answer yet
    const std::unique_ptr<Worker> m_worker;  // last: it uses everything above
};

} // namespace core::replication
