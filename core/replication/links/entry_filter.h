#pragma once

#include "core/log/record.h"
#include "core/replication/reconcile/apply_queue.h"
#include "core/replication/seams/key_source.h"
#include "core/replication/wire/link.h"

namespace core::replication {

/// Decides which entries that arrive over a secondary's link may be stored. Single-threaded, as its link.
class EntryFilter {
public:
    /// `carried`: all that the link may carry. `keys` is null if the keys stay as they are. All of them outlive this object.
    EntryFilter(const LinkFilter& carried, const LeafHasher& hasher, const KeySource* keys) : m_carried{carried}, m_hasher{hasher}, m_keys{keys} {}

    /// A new connection: no keyring row has arrived on it.
    void begin() { m_hasKeyringRows = false; }
    /// When entries arrive: removes those that do not verify with the forest key. Returns how many.
    std::size_t keepGenuine(log::EncodedOperations& operations);
    /// When a batch is about to be applied: removes keyring rows that this cluster could not open.
    void keepTakeable(ApplyQueue::Apply& apply) const;

private:
    bool isKept(const log::OperationView& operation) const;

    const LinkFilter& m_carried;
    const LeafHasher& m_hasher;
    const KeySource* m_keys;
    bool m_hasKeyringRows = false; // at least one arrived on this connection
};

} // namespace core::replication
