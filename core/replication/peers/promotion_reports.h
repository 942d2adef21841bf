#pragma once

#include "core/replication/manager/manager.h"

#include <boost/json/array.hpp>

#include <array>
#include <map>
#include <memory>

namespace core::replication {

/// Makes sure that no set has two primaries for long, where the clusters reach each other.
///
/// 1. A cluster that was promoted shows this to its former primary and to every other member of the set (`hf_peer_v1`), again and again, with
///    growing pauses and over restarts, until each has acknowledged. The former primary then stops writing by itself.
/// 2. A primary that starts asks its members first whether another has been promoted meanwhile. Its writes wait for that, 5 s at most. Where
///    nobody answers it writes, and asks each second until somebody does.
///
/// What a member makes of a statement is its own judgement (Epochs). Thread-safe. Its own thread asks; nothing else blocks, unless it says so.
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

    /// Once the manager has started. Without a transport nobody is asked.
    void start(Transport* transport) CORE_EXCLUDES(m_mutex);
    void stop();
    /// Once a second. Quick.
    void tick() CORE_EXCLUDES(m_mutex);

    /// Right after a promotion: shows it to everybody at once, and tells in sentences who still answers as a primary. Blocking, some 2 s at most.
    std::vector<std::string> announce() CORE_EXCLUDES(m_mutex);
    /// Former primaries that have answered as primaries when they were asked last, in sentences; empty: there is none.
    std::vector<std::string> warnings() const CORE_EXCLUDES(m_mutex);
    /// Who was shown the promotion of this type, and who has acknowledged; empty where nobody is to be shown one.
    boost::json::array describe(Type type) const CORE_EXCLUDES(m_mutex);

private:
    struct Target {
        Member member;
        SteadyTime nextAt{};
        std::chrono::milliseconds delay{0};
        bool isAcknowledged = false;
        bool isStillPrimary = false; // it answers as one
        unsigned answerCount = 0;    // without an acknowledgement
        std::string error;           // why it could not be shown; empty: it has answered
    };
    struct Delivery {                          // of one type
        std::string statement;                 // that the targets are shown
        std::map<std::string, Target> targets; // by fingerprint
    };
    struct Order {
        Type type;
        std::string statement;
        Member member;
    };

    /// Brings the targets in line with the roles and members; true: somebody is due.
    bool refresh() CORE_EXCLUDES(m_mutex);
    std::vector<Order> due(bool isEverybody) CORE_EXCLUDES(m_mutex);
    void show(const std::vector<Order>& orders) CORE_EXCLUDES(m_mutex);
    void note(const Order& order, const Result<wire::PeerAnswer>& answer) CORE_EXCLUDES(m_mutex);
    std::map<std::string, bool> acknowledged(Type type, const std::string& statement) const;
    void store(Type type) CORE_EXCLUDES(m_mutex);
    Members membersOf(Type type) const;
    /// Whether a former primary stops when it is shown the promotion: this cluster had the right to succeed it, by the trust log.
    bool mayStopIt(Type type) const;
    /// Asks everybody whether there is a later primary; false: nobody has answered.
    bool askWhoLeads();
    void forEach(std::size_t count, const std::function<void(std::size_t)>& work) const;

    const Services m_services;
    Transport* m_transport = nullptr;                              // set by start()
    mutable Mutex m_mutex;                                         // leaf lock
    std::array<Delivery, 2> m_deliveries CORE_GUARDED_BY(m_mutex); // performance, DR
    std::atomic<bool> m_isBusy{false};
    std::atomic<bool> m_isUnanswered{false}; // a primary that started and has heard nobody
    const std::unique_ptr<Worker> m_worker;  // last: it uses everything above
};

} // namespace core::replication
