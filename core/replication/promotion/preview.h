#pragma once

#include "core/base/clock.h"
#include "core/base/strong_id.h"
#include "core/replication/wire/link.h"

#include <optional>
#include <string>
#include <vector>

namespace core::replication {

/// The facts for the question what a promotion would lose, from this cluster and from other members.
struct LossFacts {
    WallTime now;
    bool isConsistent = false; // this secondary holds a prefix of the primary's log
    LogIndex held;             // of the primary's log, everything up to here
    /// Up to this time of the primary, everything is proven to be here (the last marker with an equal root). Nothing: no marker has arrived
    /// since this cluster started.
    std::optional<WallTime> heldUntil;
    LogIndex seen;               // the highest index of that log that any reachable member has seen
    WallTime heardAt;            // when any reachable member last heard the primary; epoch: never
    bool isPrimaryAlive = false; // it answers, or a member is connected to it
    double entriesPerSecond = 0; // of the primary, before it was last heard
};

/// What a promotion may lose.
struct LossBound {
    std::uint64_t entriesKnown = 0; // some reachable member knows that they exist, and they are not here
    /// An estimate of the entries written after the primary was last heard, by its rate before.
    std::uint64_t entriesUnheard = 0;
    /// The longest time before the primary's end in which a missing entry can have been written, if the primary ended when it was last
    /// heard. Nothing: not known.
    std::optional<std::chrono::milliseconds> time;
    /// The same, if the primary continued until now, although nobody heard it.
    std::optional<std::chrono::milliseconds> timeAtMost;
    bool isKnown = false; // false: this secondary holds no prefix, so there is no bound
    std::string text;     // one sentence for an operator
};

LossBound boundOf(const LossFacts& facts);

/// What other members hold and this one lacks, as far as it matters for the next step.
struct PreviewAdvice {
    bool isPrimaryAlive = false;
    bool isLinkUp = false;
    bool isConsistent = false;
    std::uint64_t salvageable = 0; // shared keys that a performance secondary has and this one lacks
    std::string salvageFrom;
    std::string betterCandidate;        // a secondary of the same type that holds more
    std::vector<std::string> followers; // members that follow this cluster by themselves after a promotion
    std::vector<std::string> others;    // members that must be told to follow it
    std::vector<std::string> copies;    // DR secondaries of the old primary, where a performance secondary is promoted
    std::size_t silent = 0;             // members that did not answer
    std::vector<std::string> older{};   // "the member "north" runs Holdfast 0.1.0", of an older program than this cluster's
    std::string program{};              // this cluster's
    Type type = Type::Dr;
};

/// The next steps, in order, as sentences.
std::vector<std::string> nextSteps(const PreviewAdvice& advice);

} // namespace core::replication
