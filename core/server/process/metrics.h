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

/// The values of the store and of the automatic snapshots. A sealed node has only those of the store.
std::vector<Measure> storeMeasures(const log::Store& store, bool isSealed = false);
std::vector<Measure> snapshotMeasures(const snapshot::AutoSnapshots& snapshots);

/// Prometheus' text form: dots become underscores, and measures with one name are together.
std::string prometheusText(const std::vector<Measure>& measures);
/// The default form of sys/metrics: `Gauges`, `Counters`, and lists of the other kinds, which are empty here.
boost::json::object metricsJson(const std::vector<Measure>& measures, WallTime now);

} // namespace core::server
