#pragma once

#include "core/replication/links/refusal_advice.h"
#include "core/replication/reconcile/secondary_comparison.h"

#include <optional>
#include <variant>

// What the connection of a SecondaryLink is doing. Data that belongs to one stage exists only in it.

namespace core::replication::secondary {

/// Why a connection has failed.
struct Failure {
    Error error;
    wire::Refusal::Code code = wire::Refusal::UNKNOWN;
    RefusedBy by = RefusedBy::Secondary;
    bool isFinal = false; // a new connection does not change it
    std::string exclusion{};
};

struct Disconnected {
    std::optional<Failure> why; // of the last connection, if it failed
};
/// A batch is still being applied. It changes the root and the place that the hello names, so the hello waits.
struct AwaitingApply {};
struct AwaitingWelcome {};
/// Between the Welcome and Streaming, if the primary cannot stream at once.
using Reconciling = SecondaryComparison;
struct Streaming {
    LogIndex receivedThrough; // of the primary's log
};
/// Frames that wait are still sent. Nothing more is received or applied.
struct Failed {
    Failure why;
};

using Stage = std::variant<Disconnected, AwaitingApply, AwaitingWelcome, Reconciling, Streaming, Failed>;

/// What a connection has already reported to the primary.
struct LastReport {
    LogIndex lastRelevantIndex;
    bool isReconciling = false;
    bool operator==(const LastReport&) const = default;
};

} // namespace core::replication::secondary
