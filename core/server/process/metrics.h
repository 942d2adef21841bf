#pragma once

#include "core/audit/broker.h"
#include "core/log/store.h"
#include "core/request/meters.h"
#include "core/snapshot/auto_snapshots.h"

#include <boost/json/object.hpp>

#include <string>
#include <utility>
#include <vector>

namespace core::server {

/// One measured value (names: replication-behaviour.md §13).
struct Measure {
    enum class Kind { Gauge, Counter, Summary };

    std::string name; // with dots: "vault.core.unsealed"
    double value = 0; // of a summary: the sum, in milliseconds
    Kind kind = Kind::Gauge;
    std::vector<std::pair<std::string, std::string>> labels{};
    std::uint64_t count = 0; // of a summary
};

/// The values of the store and of the automatic snapshots. A sealed node has only those of the store.
std::vector<Measure> storeMeasures(const log::Store& store, bool isSealed = false);
std::vector<Measure> snapshotMeasures(const snapshot::AutoSnapshots& snapshots);
/// Requests, logins, tokens that were made, the times of backends and of audit entries.
std::vector<Measure> requestMeasures(const request::Meters& meters, const audit::Broker& audit);
/// This process: memory and threads.
std::vector<Measure> processMeasures();

/// What a metric means, in a sentence; the name in Prometheus' form.
std::string_view helpOf(std::string_view name);

/// Prometheus' text form: dots become underscores, and measures with one name are together, below their help. A summary has a sum and a count.
std::string prometheusText(const std::vector<Measure>& measures);
/// The default form of sys/metrics: `Gauges`, `Counters`, `Samples` for summaries, and an empty list of points.
boost::json::object metricsJson(const std::vector<Measure>& measures, WallTime now);

} // namespace core::server
