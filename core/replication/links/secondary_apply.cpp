#include "core/replication/links/secondary_link.h"

#include "core/base/bytes.h"
#include "core/base/logging.h"
#include "core/replication/wire/batch.h"
#include "core/replication/wire/program_version.h"

// How the secondary's end turns what arrives into batches, and proves that both ends are equal.

namespace core::replication {

using namespace secondary;

void SecondaryLink::keepGenuine(log::EncodedOperations& operations)
{
    const auto rejected = m_filter.keepGenuine(operations);
    if (rejected == 0) return;
    m_statistics.entriesRejected += rejected;
    // The stream continues. The next marker's root differs, and the reconciliation fetches the entries that were left out.
    m_mustReconcile = true;
    logging::error("replication", "entries do not match the forest key and were left out; a reconciliation will fetch them again",
                   {{"type", std::string{toString(m_options.type)}}, {"count", std::to_string(rejected)}});
}

void SecondaryLink::onRecords(const Frame& frame)
{
    auto records = readRecords(frame.payload);
    auto* streaming = std::get_if<Streaming>(&m_stage);
    if (!records || !streaming) return fail(Error{ErrorCode::Corrupt, "records frame"});
    // If they were applied again, old values would replace newer ones.
    if (records->through <= streaming->receivedThrough) return fail(Error{ErrorCode::Corrupt, "records that have come before"});
    streaming->receivedThrough = records->through;
    keepGenuine(records->operations);
    m_queue.push(ApplyQueue::Data{std::move(records->operations), records->through, records->lastRelevant, frame.payload.size() + kFrameHeaderBytes});
}

void SecondaryLink::onEntries(const Frame& frame)
{
    const auto view = log::RecordView::parse(frame.payload);
    auto* reconciling = std::get_if<Reconciling>(&m_stage);
    if (!reconciling || !view) return fail(Error{ErrorCode::Corrupt, "entries frame"});
    reconciling->noteEntries();
    log::EncodedOperations operations;
    operations.append(*view);
    keepGenuine(operations);
    m_queue.push(ApplyQueue::Data{std::move(operations), std::nullopt, {}, frame.payload.size() + kFrameHeaderBytes});
}

void SecondaryLink::onReconcileEnd(const Frame& frame)
{
    const auto* reconciling = std::get_if<Reconciling>(&m_stage);
    auto end = reconciling ? reconciling->finish(frame) : Error{ErrorCode::Corrupt, "end of reconciliation frame"};
    if (!end) return fail(std::move(end).error());
    m_queue.push(std::move(*end));
    m_mustReconcile = false;
    m_hasStreamed = true;
    m_stage = Streaming{reconciling->index()};
}

/// New mounts extend what a filtered link carries. A place in the log is valid only with the scope up to there, so the scope waits in the
/// queue for its turn.
void SecondaryLink::onScope(const Frame& frame)
{
    if (frame.payload.size() != sizeof(std::uint64_t)) return fail(Error{ErrorCode::Corrupt, "scope frame"});
    const auto id = readLittleEndian<std::uint64_t>(frame.payload);
    if (auto* reconciling = std::get_if<Reconciling>(&m_stage)) reconciling->setScope(id);
    else m_queue.push(ApplyQueue::Scope{id});
    settleDue();
}

void SecondaryLink::onMarker(const Frame& frame)
{
    wire::Marker marker;
    if (isReconciling() || !parseFrame(frame, marker)) return fail(Error{ErrorCode::Corrupt, "marker frame"});
    m_queue.push(std::move(marker));
    settleDue();
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
    return isFailed() ? std::nullopt : m_keyIntake.take();
}

void SecondaryLink::keysTaken(const Result<>& result)
{
    const bool isOfThisConnection = m_keyIntake.finish();
    if (!result && isOfThisConnection) { // later records may need these keys, so the link starts again until they are stored
        return fail(result.error().withContext("storing the keys that the primary sent"), wire::Refusal::BUSY);
    }
    m_lastReport.reset(); // the next tick reports the new keys to the primary
    sayHelloIfDue();
    settleDue();
}

std::optional<SecondaryLink::Apply> SecondaryLink::takeApply()
{
    // After a failure nothing more is applied:
    // 1. A batch could not be stored.
    // 2. The next batch, with a later place in the log, has arrived already.
    // 3. If it were applied, the position would be past data that is missing here.
    if (m_queue.flight()) return std::nullopt;
    settleDue();
    if (isFailed() || !m_keyIntake.isIdle()) return std::nullopt;
    auto apply = m_queue.take(m_position, m_clock.now());
    if (apply) m_filter.keepTakeable(*apply);
    return apply;
}

void SecondaryLink::applied(const Result<LogIndex>& result)
{
    const auto flight = m_queue.land(result.has_value());
    if (!result) {
        if (flight.isOfThisConnection) fail(result.error().withContext("applying replicated data"), wire::Refusal::BUSY);
    } else {
        // The epoch may have grown while the batch was under way.
        const Epoch epoch = std::max(m_position.epoch, flight.position.epoch);
        m_position = flight.position;
        m_position.epoch = epoch;
        m_statistics.entriesApplied += flight.dataCount;
        auto* reconciling = std::get_if<Reconciling>(&m_stage);
        if (reconciling && flight.isOfThisConnection) reconciling->noteApplied(flight.dataCount);
        // Credit is returned only for bytes of this connection; the primary counts per connection.
        if (flight.isOfThisConnection && flight.bytes > 0) {
            wire::Credit credit;
            credit.set_bytes(flight.bytes);
            m_control.push_back(encodeFrame(FrameType::Credit, credit));
        }
    }
    sayHelloIfDue();
    settleDue();
}

/// Items that are no data take effect once everything before them is applied. After a failure none does: data before them may be missing.
void SecondaryLink::settleDue()
{
    while (!isFailed() && m_keyIntake.isIdle()) {
        auto due = m_queue.takeDue();
        if (!due) return;
        if (const auto* marker = std::get_if<wire::Marker>(&*due)) checkRoot(*marker);
        else if (const auto* prepare = std::get_if<wire::Handover>(&*due)) answerPrepare(*prepare);
        else if (const auto* scope = std::get_if<ApplyQueue::Scope>(&*due)) m_position.scope = scope->id;
        else if (auto* keys = std::get_if<ApplyQueue::Keys>(&*due)) m_keyIntake.push(std::move(keys->bundle));
    }
}

void SecondaryLink::answerPrepare(const wire::Handover& prepare)
{
    // As with a marker: everything before PREPARE has been applied.
    if (prepare.index() > m_position.index.value()) m_position.index = LogIndex{prepare.index()};
    wire::HandoverAnswer answer;
    answer.set_id(prepare.id());
    const bool isEqual = m_store.forest().root(m_whole.trees()) == prepare.root();
    const Follower former{m_peer.program, m_local.program}; // the relation of the two after the switchover
    answer.set_is_ready(isEqual && isInSync() && !m_local.isRelay && !former.isOlder());
    if (former.isOlder())
        answer.set_detail("it runs " + programText(m_local.program) + " and the primary " + programText(m_peer.program) +
                          ", which could not follow it; upgrade the primary first");
    else if (m_local.isRelay)
        answer.set_detail("it relays to secondaries of its own, which know it by a certificate that a new primary would not have; "
                          "end the relay, or demote here and promote there, which keeps them");
    else if (!isEqual) answer.set_detail("the roots differ at index " + std::to_string(prepare.index()));
    else if (!isInSync()) answer.set_detail("a reconciliation has not been proven complete yet");
    m_control.push_back(encodeFrame(FrameType::HandoverAnswer, answer));
}

void SecondaryLink::checkRoot(const wire::Marker& marker)
{
    // Everything before the marker has been applied. So this is the place in the log, even if the last records carried nothing for this link.
    if (marker.index() > m_position.index.value()) m_position.index = LogIndex{marker.index()};
    const bool isEqual = m_store.forest().root(m_whole.trees()) == marker.root();
    if (isEqual) {
        ++m_statistics.rootsEqual;
        m_equality.prove(marker);
        // Data that a filter holds back counts as received, because nothing of it is missing here.
        const LogIndex lastRelevant{marker.last_relevant_index()};
        m_position.lastRelevantIndex = std::max(m_position.lastRelevantIndex, std::min(lastRelevant, m_position.index));
        m_digestBytes = kPageDigestBytes;
        return;
    }
    ++m_statistics.rootsDifferent;
    m_mustReconcile = true;
    m_digestBytes = kPageDigestBytesFull; // a brief form may have hidden the difference; the full form cannot
    logging::warn("replication", "roots differ, reconciling",
                  {{"type", std::string{toString(m_options.type)}}, {"index", std::to_string(marker.index())}});
    fail(Error{ErrorCode::Conflict, "roots differ at index " + std::to_string(marker.index())}, wire::Refusal::RESYNC);
}

} // namespace core::replication
