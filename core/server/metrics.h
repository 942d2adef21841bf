#pragma once

#include "core/log/store.h"
#include "core/snapshot/auto_snapshots.h"

#include <string>
#include <vector>

namespace core::server {

/// One value of Prometheus' text form.
struct Gauge {
    std::string name; // "vault_core_unsealed"
    double value = 0;
};

/// The store's and the snapshots' values with `more`, in Prometheus' text form (names: replication-behaviour.md §13).
std::string metricsText(const log::Store& store, const snapshot::AutoSnapshots& snapshots, const std::vector<Gauge>& more);

} // namespace core::server
