#include "core/replication/links/secondary_link.h"

// How a secondary receives the keys of the set.

namespace core::replication {

/// If a keyring row does not open with the root key held here, this cluster cannot unseal after its next start. So such a row is not
/// stored. The primary sends such a keyring together with its root key, in a Keys frame.
///
/// The check happens when the row is about to be applied, not when it arrives:
/// 1. The primary rotates, and then makes a new root key. This secondary is away.
/// 2. The secondary connects. The new keys arrive first. The record of the rotation follows, and its row opens with the former root key
///    only.
/// 3. The keys are stored. A check at arrival, with the former root key, would have accepted the row, and it would now replace the new
///    keyring.
bool SecondaryLink::isKept(const log::OperationView& operation) const
{
    if (!m_options.keys || operation.key != barrier::kKeyringKey) return true;
    return operation.kind == log::OperationKind::Put && m_options.keys->isKeyringTakeable(operation.value);
}

void SecondaryLink::tellKeyIds(std::string& rootKey, std::string& term) const
{
    if (!m_options.keys) return;
    auto ids = m_options.keys->keyIds();
    rootKey = std::move(ids.rootKey);
    term = std::move(ids.term);
}

void SecondaryLink::onKeys(Frame frame)
{
    // The frame's own copy of the keys is wiped, so that they live in SecretBytes only.
    SecretBytes bundle = SecretBytes::copyOf(std::string_view{frame.payload});
    wipe(frame.payload);
    if (!m_options.keys) return fail(Error{ErrorCode::Corrupt, "keys frame"});
    m_queue.push(ApplyQueue::Keys{std::move(bundle)});
    settleDue();
}

std::optional<SecretBytes> SecondaryLink::takeKeys()
{
    if (m_keysState != Keys::Due || m_failure) return std::nullopt;
    m_keysState = Keys::Storing;
    return std::exchange(m_keys, std::nullopt);
}

void SecondaryLink::keysTaken(const Result<>& result)
{
    const bool isOfThisConnection = std::exchange(m_keysState, Keys::None) == Keys::Storing;
    if (!result && isOfThisConnection) { // later records may need these keys, so the link starts again until they are stored
        return fail(result.error().withContext("storing the keys that the primary sent"), wire::Refusal::BUSY);
    }
    m_lastReport.reset(); // the next tick reports the new keys to the primary
    if (m_stage == Stage::AwaitingApply && !isBusy()) sayHello();
    settleDue();
}

void SecondaryLink::keepTakeable(Apply& apply) const
{
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
