#pragma once

#include "core/replication/seams/key_source.h"
#include "core/replication/wire/link.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// What the owner of a SecondaryLink gives it and reads from it.

namespace core::replication {

struct SecondaryOptions {
    Type type = Type::Performance;
    std::string secondaryId;
    std::uint64_t windowBytes = kWindowBytes;
    const KeySource* keys = nullptr;   // null: keys stay as they are
    std::size_t applyBytes = 4u << 20; // about, of operations in one transaction
};

/// `idle`, `merkle-diff`, `merkle-sync`, `stream-wals`.
enum class SecondaryState { Idle, MerkleDiff, MerkleSync, StreamWals };
/// "idle", "merkle-diff", "merkle-sync", "stream-wals".
std::string_view toString(SecondaryState state);

/// A genuine statement later than any known one.
struct LearnedStatement {
    std::string statement;
    bool isFollowed = false; // this link's primary made it; else it names another cluster to follow
    std::string leaderKey{}; // of the leader that it names; empty: not known
};

/// The last place in the primary's log at which the roots were equal, and that root. Empty: none yet.
struct LinkEquality {
    LogIndex index;
    std::string root;
};

/// What a link has learned of its primary and of how equal both ends are.
struct SecondaryPast {
    std::string logId; // of the primary's log that it was true of
    PeerInfo peer;
    std::optional<std::int64_t> canaryMs;
    LinkEquality equality;
};

/// Of a reconciliation.
struct SecondaryProgress {
    std::uint64_t done = 0, total = 0;
};

struct SecondaryStatistics {
    std::uint64_t entriesApplied = 0, entriesRejected = 0, rootsEqual = 0, rootsDifferent = 0;
    std::uint64_t reconcileCount = 0, bytesReceived = 0;
};

} // namespace core::replication
