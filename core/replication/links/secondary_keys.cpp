#include "core/replication/links/secondary_link.h"

// How the keys of the set come over a secondary's link.

namespace core::replication {

/// A keyring that does not open with the root key held here would lock this cluster out at its next start. The primary sends such a
/// keyring together with its root key, in a Keys frame.
///
/// Asked when the row is about to be applied, not when it comes:
/// 1. The primary rotates, and then makes a new root key. This secondary was away.
/// 2. It connects: the new keys come, and behind them the record of the rotation, whose row opens with the former root key only.
/// 3. The keys are stored; now that row would replace the new keyring.
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
    if (!result && isOfThisConnection) { // what follows may need them, so the link begins again until they are stored
        return fail(result.error().withContext("taking up the primary's keys"), wire::Refusal::BUSY);
    }
    m_lastReport.reset(); // the primary hears of it soon
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
