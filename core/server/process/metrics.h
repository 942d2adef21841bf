#pragma once

#include "core/log/store.h"
#include "core/snapshot/auto_snapshots.h"

#include <boost/json/object.hpp>

#include <string>
#include <utility>
#include <vector>

namespace core::server {

/// One measured value (names: replication-behaviour.md §13).
struct Measure {
    enum class Kind { Gauge, Counter };

    std::string name; // with dots: "vault.core.unsealed"
    double value = 0;
    Kind kind = Kind::Gauge;
    std::vector<std::pair<std::string, std::string>> labels{};
};

/// What the store and the automatic snapshots measure. A sealed node has the store only.
std::vector<Measure> storeMeasures(const log::Store& store, bool isSealed = false);
std::vector<Measure> snapshotMeasures(const snapshot::AutoSnapshots& snapshots);

/// Prometheus' text form: dots are underscores there; measures of one name stand together.
std::string prometheusText(const std::vector<Measure>& measures);
/// The form that sys/metrics has by default: `Gauges`, `Counters`, and lists of the other kinds, which are empty here.
boost::json::object metricsJson(const std::vector<Measure>& measures, WallTime now);

} // namespace core::server
