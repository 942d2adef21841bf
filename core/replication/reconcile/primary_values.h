#pragma once

#include "core/replication/seams/key_source.h"
#include "core/replication/wire/link.h"

#include <cstdint>
#include <string>
#include <vector>

// What the owner of a PrimaryLink gives it and reads from it.

namespace core::replication {

struct PrimaryOptions {
    Type type = Type::Performance;
    std::string secondaryId;             // from its certificate
    const ScopeSource* scopes = nullptr; // null: no filter
    const RelayGate* gate = nullptr;     // of a relay; null: this is the root primary
    const KeySource* keys = nullptr;     // null: keys are not sent
    std::string exporter{};              // the connection's value for proofs; empty: it has none
    std::string memberKey{};             // the secondary must prove this key; empty: none is known
    std::vector<std::string> standIns{}; // or one of these, of its DR copies
};

enum class PrimaryState { AwaitingHello, Reconciling, Streaming, Closed };

struct PrimaryStatistics {
    std::uint64_t bytesSent = 0, recordFrames = 0, entriesSent = 0, pageBytesSent = 0;
    std::uint64_t streamHits = 0, streamMisses = 0;
};

} // namespace core::replication
