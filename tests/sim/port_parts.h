#pragma once

#include "tests/sim/port.h"

namespace sim {

struct Port::Session {
    std::shared_ptr<Connection> connection;
    replication::Type type = replication::Type::Performance;
    std::string id;
    std::string fingerprint;
    WallTime since;
    std::unique_ptr<replication::PrimaryLink> link;
    std::deque<std::string> outgoing;
};

struct Port::Follower {
    Follower(const replication::LinkPlan& itsPlan, replication::SecondaryLink itsLink) : plan{itsPlan}, link{std::move(itsLink)} {}
    ~Follower() { *isAlive = false; }

    const replication::LinkPlan& plan; // the port's, until the follower is stopped
    replication::SecondaryLink link;
    replication::LocalInfo told; // addresses that the primary has told
    std::shared_ptr<const replication::Members> membersNoted;
    std::shared_ptr<Connection> connection;
    std::string address;
    std::string lastGood;
    std::size_t nextCandidate = 0;
    unsigned failureCount = 0;
    SteadyTime retryAt;
    bool isStopping = false;
    bool isApplying = false;
    bool hasFailed = false;
    std::string lastError;
    std::uint64_t rootsEqual = 0;
    std::shared_ptr<bool> isAlive = std::make_shared<bool>(true);
};

} // namespace sim
