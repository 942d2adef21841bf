#include "core/replication/links/entry_filter.h"

#include "core/barrier/keyring.h"
#include "core/replication/wire/genuine_entry.h"

namespace core::replication {

std::size_t EntryFilter::keepGenuine(log::EncodedOperations& operations)
{
    std::size_t rejected = 0;
    operations.forEach([&](const log::OperationView& operation) {
        rejected += isGenuine(operation, m_carried, m_hasher) ? 0 : 1;
        m_hasKeyringRows = m_hasKeyringRows || operation.key == barrier::kKeyringKey;
    });
    if (rejected == 0) return 0;
    log::EncodedOperations genuine;
    operations.forEach([&](const log::OperationView& operation) {
        if (isGenuine(operation, m_carried, m_hasher)) genuine.append(operation);
    });
    operations = std::move(genuine);
    return rejected;
}

/// If a keyring row does not open with the root key held here, this cluster cannot unseal after its next start. So such a row is not
/// stored. The primary sends such a keyring together with its root key, in a Keys frame.
///
/// The check happens when the row is about to be applied, not when it arrives:
/// 1. The primary rotates, and then makes a new root key. This secondary is away.
/// 2. The secondary connects. The new keys arrive first. The record of the rotation follows, and its row opens with the former root key
///    only.
/// 3. The keys are stored. A check at arrival, with the former root key, would have accepted the row, and it would now replace the new
///    keyring.
bool EntryFilter::isKept(const log::OperationView& operation) const
{
    if (!m_keys || operation.key != barrier::kKeyringKey) return true;
    return operation.kind == log::OperationKind::Put && m_keys->isKeyringTakeable(operation.value);
}

void EntryFilter::keepTakeable(ApplyQueue::Apply& apply) const
{
    if (!m_hasKeyringRows) return;
    std::size_t left = 0;
    apply.operations.forEach([&](const log::OperationView& operation) { left += isKept(operation) ? 0 : 1; });
    if (left == 0) return;
    log::EncodedOperations kept;
    apply.operations.forEach([&](const log::OperationView& operation) {
        if (isKept(operation)) kept.append(operation);
    });
    apply.operations = std::move(kept);
    apply.dataCount -= left;
}

} // namespace core::replication
