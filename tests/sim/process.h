#pragma once

#include "core/replication/peers/member_service.h"
#include "tests/sim/cluster.h"

namespace sim {

/// Everything that dies with the process, in the order in which the server builds it.
struct Cluster::Process {
    Process(World& world, ClusterClock& clock, Random& random) : lane{world, clock}, answers{world, clock}, barrier{random}, hasher{barrier} {}
    ~Process()
    {
        lane.abandon();
        answers.abandon();
        if (port) port->die();
        changedKeys.reset();
        peers.reset();
        manager.reset();
        port.reset();
        seal.reset();
        watched.reset();
        local.reset();
    }

    Lane lane;
    Lane answers; // for other members
    barrier::Barrier barrier;
    replication::BarrierHasher hasher;
    std::unique_ptr<log::LocalStore> local;
    std::unique_ptr<WatchedStore> watched;
    std::unique_ptr<log::Subscription> changedKeys;
    std::unique_ptr<barrier::Seal> seal;
    trust::KeyHolder keys;
    std::unique_ptr<replication::ReplicationManager> manager;
    std::unique_ptr<Port> port;
    std::unique_ptr<replication::MemberService> peers;
    std::size_t writesUnderWay = 0;
    std::shared_ptr<bool> isAlive = std::make_shared<bool>(true);
};

} // namespace sim
