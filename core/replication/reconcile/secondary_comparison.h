#pragma once

#include "core/log/store.h"
#include "core/replication/reconcile/apply_queue.h"
#include "core/replication/reconcile/leaf_list.h"
#include "core/replication/reconcile/secondary_values.h"
#include "core/replication/wire/frame.h"

#include <deque>
#include <optional>

namespace core::replication {

/// The secondary's half of one reconciliation, from the Welcome that begins it to ReconcileEnd. Pages of the primary come in; leaves of pages that
/// differ go out; entries and deletions go into the queue of what is applied. Everything that the primary sends is checked: it may be hostile.
/// Single-threaded, as its link.
class SecondaryComparison {
public:
    /// `carried`: all that the link may carry. All references outlive this object.
    SecondaryComparison(const log::Store& store, const LinkFilter& carried, ApplyQueue& queue, std::uint32_t digestBytes,
                        const wire::Welcome& welcome);

    /// `merkle-sync`: a difference has been found; else `merkle-diff`.
    bool isDifferent() const { return m_isDifferent; }
    const SecondaryProgress& progress() const { return m_progress; }
    /// The place in the primary's log at which the comparison began.
    LogIndex index() const { return m_index; }

    /// Deletes trees that the primary does not have. Errors: Corrupt, Io.
    Result<> eraseTrees(const google::protobuf::RepeatedPtrField<std::string>& trees);
    /// Errors: Corrupt.
    Result<> onPageDigests(const Frame& frame);
    void onPageDigestsEnd() { m_isLeavesEndDue = true; }
    /// Errors: Corrupt, Io.
    Result<> onAbsentLeaves(const Frame& frame);
    /// Entries have arrived.
    void noteEntries() { m_isDifferent = true; }
    void noteApplied(std::size_t count) { m_progress.done += count; }
    /// The id of the link's filter has changed.
    void setScope(std::uint64_t id) { m_scope = id; }
    /// The last item for the queue. Errors: Corrupt.
    Result<ApplyQueue::End> finish(const Frame& frame) const;

    /// The next frame to send; empty: nothing now.
    std::string pull();

private:
    struct Page {
        std::string tree;
        std::uint32_t pageCount = 1;
        std::uint32_t page = 0;
    };
    struct OwnPages {
        std::string tree;
        std::uint32_t pageCount = 0;
        std::vector<merkle::LeafDigest> digests;
    };

    Result<> eraseTree(const std::string& tree);
    Result<> addErase(ApplyQueue::Data& data, std::string_view tree, const merkle::KeyHash& hash) const;
    std::string pullLeaves();

    const log::Store& m_store;
    const LinkFilter& m_carried;
    ApplyQueue& m_queue;
    const std::uint32_t m_digestBytes;
    const std::string m_logId;
    const LogIndex m_index;
    std::uint64_t m_scope; // see Position; the position gets it at the end
    bool m_isDifferent;
    SecondaryProgress m_progress;
    std::deque<Page> m_pagesToSend;
    bool m_isLeavesEndDue = false;
    OwnPages m_ownPages; // of the tree whose digests arrive
};

} // namespace core::replication
