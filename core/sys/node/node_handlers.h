#pragma once

#include "core/barrier/barrier.h"
#include "core/sys/node/node.h"
#include "core/sys/routes/routes.h"

namespace core::sys {

struct NodeServices {
    const Node* node = nullptr;
    const barrier::Barrier* barrier = nullptr;
    /// Seals the node, soon after the answer.
    std::function<void()> seal;
    std::function<bool()> isPerformanceSecondary;
    /// All metrics in Prometheus' text form, and as JSON.
    std::function<std::string()> prometheusMetrics;
    std::function<boost::json::object()> metrics;
    std::string apiAddress, clusterAddress;
    bool isMetricsOpen = false; // sys/metrics without a token
    bool isPrometheusOn = true; // prometheus_retention_time is not 0
    /// The running requests by id, and facts about the machine. Both can be called on any thread; the second one blocks.
    std::function<boost::json::object()> inFlight;
    std::function<boost::json::object()> hostInfo;
    bool isInFlightOpen = false; // sys/in-flight-req without a token
};

/// The answer of sys/metrics, sealed or not: JSON, or Prometheus' text form if `format` or the Accept header says so.
mount::Response metricsAnswer(const mount::Request& request, const std::function<std::string()>& prometheus,
                              const std::function<boost::json::object()>& json, bool isPrometheusOn);

/// The endpoints of the node that need a token: seal, step-down, rotate, key-status, ha-status, metrics, in-flight-req, host-info
/// (spec: system-api.md §2, §4, §12).
void addNodeRoutes(RouteTable& routes, NodeServices services);

} // namespace core::sys
