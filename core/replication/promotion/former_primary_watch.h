#pragma once

#include "core/replication/manager/manager.h"
#include "core/replication/set/former_primary.h"

#include <array>
#include <atomic>
#include <map>
#include <memory>

namespace core::replication {

/// Makes both primaries of a set known to each other, where an operator has pointed this cluster from one to the other.
///
/// The two primaries do not know each other: each refuses the other's certificate. Only members that have changed sides are in both lists. So such a
/// member asks the primary that it followed before, again and again (`hf_peer_v1`), and shows it the promotion that it follows now. While that primary
/// answers as a primary, the member also reports it to its present primary. OtherPrimaries keeps what the two primaries learn. A member that
/// was promoted afterwards does the same for itself.
///
/// The watch forgets a former primary that has stopped. Cost: one question to each (kFormerPrimariesMax) in 5 to 30 s. Thread-safe. Its own thread asks.
class FormerPrimaryWatch {
public:
    struct Services {
        log::Store& store;
        barrier::Barrier& barrier;
        const Clock& clock;
        ReplicationManager& manager;
        std::chrono::milliseconds delayMin{5000}, delayMax{30'000}; // between two questions; tests are in a hurry
    };
    explicit FormerPrimaryWatch(Services services);
    ~FormerPrimaryWatch();

    /// Once the manager has started. Without a transport nobody is asked.
    void start(Transport* transport) { m_transport = transport; }
    void stop();
    /// Once a second. Quick.
    void tick();

private:
    struct Due {
        SteadyTime at{};
        std::chrono::milliseconds delay{0};
    };
    void ask(Type type);
    /// False: it is a primary no more.
    bool ask(Type type, const FormerPrimary& former, const Role& role);
    void report(Type type, const FormerPrimary& former, bool isPrimary);
    std::vector<FormerPrimary> stored(Type type) const;
    void forget(Type type, const std::string& memberKey);

    const Services m_services;
    std::atomic<Transport*> m_transport{nullptr};
    std::atomic<bool> m_isBusy{false};
    std::array<std::map<std::string, Due>, 2> m_due; // by member key; the worker's thread alone
    const std::unique_ptr<Worker> m_worker;          // last: it uses everything above
};

} // namespace core::replication
