#pragma once

#include "core/base/clock.h"
#include "core/base/strong_id.h"
#include "core/replication/wire/link.h"

#include <optional>
#include <string>
#include <vector>

namespace core::replication {

/// What is known, here and at other members, when somebody asks what a promotion would lose.
struct LossFacts {
    WallTime now;
    bool isConsistent = false; // this secondary holds a prefix of the primary's log
    LogIndex held;             // everything up to here of the primary's log
    /// The primary's time up to which everything is proven to be here (the last marker with an equal root); nothing: no marker
    /// has come since this cluster started.
    std::optional<WallTime> heldUntil;
    LogIndex seen;               // the highest index of that log that anybody alive has seen
    WallTime heardAt;            // when anybody alive has heard the primary last; epoch: never
    bool isPrimaryAlive = false; // it answers, or a member is connected to it
    double entriesPerSecond = 0; // the primary's rate of entries before it was last heard
};

/// What a promotion may lose.
struct LossBound {
    std::uint64_t entriesKnown = 0; // that somebody alive knows to exist and that are not here
    /// Entries that may have been written after the last word of the primary, by its rate before: an estimate.
    std::uint64_t entriesUnheard = 0;
    /// Only entries that were written within so long before the primary ended can be missing, if it ended when it was last
    /// heard; nothing: not known.
    std::optional<std::chrono::milliseconds> time;
    /// The same if it went on until now, unheard.
    std::optional<std::chrono::milliseconds> timeAtMost;
    bool isKnown = false; // false: this secondary is not even a prefix, so nothing bounds the loss
    std::string text;     // one sentence for an operator
};

LossBound boundOf(const LossFacts& facts);

/// What other members hold that this one does not, as far as it matters for what to do next.
struct PreviewAdvice {
    bool isPrimaryAlive = false;
    bool isLinkUp = false;
    bool isConsistent = false;
    std::uint64_t salvageable = 0; // shared keys that a performance secondary has beyond this one
    std::string salvageFrom;
    std::string betterCandidate;      // a secondary of the same type that holds more
    std::vector<std::string> others;  // members that would have to be pointed here after a promotion
    std::size_t silent = 0;           // members that did not answer
    std::vector<std::string> older{}; // "the member "north" runs Holdfast 0.1.0", of an older program than this cluster's
    std::string program{};            // this cluster's
    Type type = Type::Dr;
};

/// What to do next, in order, as sentences.
std::vector<std::string> nextSteps(const PreviewAdvice& advice);

} // namespace core::replication
