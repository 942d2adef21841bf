#pragma once

#include "core/cluster/cluster_port.h"
#include "core/cluster/io_context_executor.h"

#include <boost/asio/io_context.hpp>

namespace core::cluster {

namespace asio = boost::asio;

/// What the parts of the port share; they all live on its one thread.
struct Environment {
    asio::io_context& context;
    IoContextExecutor& executor;
    const ClusterPort::Options& options;
    ClusterPort::Services& services;
    const std::atomic<bool>& isStopping;
    std::function<void()> noteReports; // something that others wait for is to be seen before the next tick
};

/// The ALPN protocol of a type's links.
inline const char* protocolOf(replication::Type type)
{
    return type == replication::Type::Performance ? replication::kPerformanceProtocol : replication::kDrProtocol;
}

} // namespace core::cluster
