#pragma once

#include "core/replication/reconcile/primary_comparison.h"

#include <optional>
#include <variant>

// What a PrimaryLink is doing. Data that belongs to one stage exists only in it.

namespace core::replication::primary {

struct AwaitingHello {
    std::optional<Frame> hello{};      // waits for entries of the trust log that the secondary tells before it is answered
    std::optional<SteadyTime> until{}; // a hello waits once
};

struct Streaming {
    std::optional<wire::Marker> marker{};    // goes out at its index, with the root of that index
    std::optional<wire::Handover> prepare{}; // the same of a switchover's PREPARE
};

/// The secondary was welcomed.
struct Serving {
    std::string logId; // of the store at that time
    LogIndex sentThrough;
    LogIndex slotIndex;
    std::int64_t credit = 0;
    std::variant<Streaming, PrimaryComparison> work{}; // the comparison comes first, if there is one
};

/// Frames that wait are still sent.
struct Closed {
    Error why;
};

using Stage = std::variant<AwaitingHello, Serving, Closed>;

} // namespace core::replication::primary
