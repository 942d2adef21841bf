#pragma once

#include "core/replication/wire/frame.h"

namespace fuzz {

/// The types of messages in inputs of fuzz_pages: the index in this list; plus kIsToPrimary for messages to the primary.
inline constexpr core::replication::FrameType kToSecondary[] = {
    core::replication::FrameType::PageDigests,  core::replication::FrameType::PageDigestsEnd, core::replication::FrameType::AbsentLeaves,
    core::replication::FrameType::ReconcileEnd, core::replication::FrameType::Marker,         core::replication::FrameType::Heartbeat,
    core::replication::FrameType::Entries,      core::replication::FrameType::Refusal};
inline constexpr core::replication::FrameType kToPrimary[] = {core::replication::FrameType::PageLeaves, core::replication::FrameType::PageLeavesEnd,
                                                              core::replication::FrameType::Heartbeat,  core::replication::FrameType::Credit,
                                                              core::replication::FrameType::Hello,      core::replication::FrameType::Refusal,
                                                              core::replication::FrameType::PageLeaves, core::replication::FrameType::PageLeaves};
inline constexpr unsigned kIsToPrimary = 8;

/// The first byte of an input.
inline constexpr unsigned kIsPerformance = 1;
inline constexpr unsigned kIsManyKeys = 2; // so many that a tree has 256 pages
inline constexpr int kManyKeys = 300;

} // namespace fuzz
