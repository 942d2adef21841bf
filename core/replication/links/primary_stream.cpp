#include "core/replication/links/primary_link.h"

#include "core/base/bytes.h"
#include "core/replication/wire/batch.h"

// What the primary's end sends after the Welcome: the comparison, then the stream with markers and PREPARE in their places.

namespace core::replication {

using namespace primary;

namespace {

constexpr int kReadsMax = 16; // of one call, which skips records that carry nothing for this link

} // namespace

bool PrimaryLink::tellKeys()
{
    switch (m_keyTeller.due()) {
    case KeyTeller::Due::Nothing: return true;
    case KeyTeller::Due::Refusal: refuseOlderProgram(); return false;
    case KeyTeller::Due::Keys: break;
    }
    auto bundle = m_keyTeller.bundle();
    if (!bundle) {
        fail(wire::Refusal::BUSY, std::move(bundle).error().withContext("reading the set's keys"));
        return false;
    }
    m_keyTeller.told(m_store.appliedIndex());
    // The secondary's keyring will be of this index. With it, the roots of an earlier index would look different.
    if (auto* stream = streaming()) {
        const auto through = m_keyTeller.through().value();
        if (stream->marker && stream->marker->index() < through) stream->marker.reset();
        if (stream->prepare && stream->prepare->index() < through) m_prepare = std::exchange(stream->prepare, std::nullopt);
    }
    queue(encodeFrame(FrameType::Keys, bundle->view()));
    return true;
}

bool PrimaryLink::isHeld()
{
    const auto* place = serving();
    if (!m_options.gate || !place) return false;
    if (!m_options.gate->isOpen) return true;
    if (m_options.gate->floor <= place->sentThrough) return false;
    // States between the secondary's place and the floor are parts of a reconciliation here. The root primary never had such a state.
    fail(wire::Refusal::RESYNC, Error{ErrorCode::Conflict, "this cluster relays, and has compared its data with its primary again"});
    return true;
}

bool PrimaryLink::acceptScope(bool isSame)
{
    if (!isSame) {
        fail(wire::Refusal::RESYNC, Error{ErrorCode::Conflict, "the paths filter of this secondary has changed"});
        return false;
    }
    if (const auto id = m_scope.news()) {
        std::string payload;
        appendLittleEndian(payload, *id);
        queue(encodeFrame(FrameType::Scope, payload));
    }
    return true;
}

std::optional<merkle::Forest::State> PrimaryLink::stateInScope()
{
    auto state = m_scope.state();
    return acceptScope(state.has_value()) ? std::move(state) : std::nullopt;
}

void PrimaryLink::prepareMarker()
{
    auto* stream = streaming();
    if (!stream || stream->marker || isHeld()) return;
    const auto state = stateInScope();
    if (!state || !isAhead(state->index)) return;
    wire::Marker marker;
    marker.set_index(state->index.value());
    marker.set_root(merkle::Forest::rootOf(*state));
    // It is read after the state, so it may be newer. Then the next marker reports it.
    if (const LogIndex last = lastRelevantIndex(); last <= state->index) marker.set_last_relevant_index(last.value());
    marker.set_unix_ms(toUnixMs(m_clock.now()));
    stream->marker = std::move(marker);
}

void PrimaryLink::placePrepare()
{
    if (!m_prepare) return;
    const auto state = stateInScope();
    if (!state || !isAhead(state->index)) return; // failed, or the next call finds the stream further
    m_prepare->set_index(state->index.value());
    m_prepare->set_root(merkle::Forest::rootOf(*state));
    streaming()->prepare = std::exchange(m_prepare, std::nullopt);
}

bool PrimaryLink::isAhead(LogIndex index)
{
    return index >= serving()->sentThrough && index >= m_keyTeller.through();
}

std::string PrimaryLink::pull()
{
    // A step that fails, or that has something to say first, queues it. So the queue is asked again after each step.
    if (m_control.empty()) {
        std::string frame = pullNext();
        if (!frame.empty()) {
            m_statistics.bytesSent += frame.size();
            return frame;
        }
    }
    if (m_control.empty()) return {};
    std::string frame = std::move(m_control.front());
    m_control.pop_front();
    m_controlBytes -= frame.size();
    m_statistics.bytesSent += frame.size();
    return frame;
}

std::string PrimaryLink::pullNext()
{
    // A relay sends nothing while its own data is no prefix of the root primary's log.
    if (!serving() || isHeld()) return {};
    if (!tellKeys() || !m_control.empty()) return {};
    return comparison() ? pullComparison() : pullStream();
}

std::string PrimaryLink::pullComparison()
{
    // The trees and leaves under way were chosen with the filter of the hello. If the filter has changed, the link ends here.
    if (m_scope.isOutdated() && !acceptScope(m_scope.refresh())) return {};
    Serving& place = *serving();
    PrimaryComparison& comparing = *comparison();
    if (auto frame = comparing.pullPages(m_clock.steadyNow(), m_statistics); !frame.empty()) return frame;
    if (place.credit > 0) {
        auto entries = comparing.pullEntries(m_statistics);
        if (!entries) {
            fail(wire::Refusal::BUSY, std::move(entries).error());
            return {};
        }
        place.credit -= static_cast<std::int64_t>(entries->size());
        if (!entries->empty()) return std::move(*entries);
    }
    return comparing.isDone() && m_control.empty() ? finishReconciling() : std::string{};
}

std::string PrimaryLink::finishReconciling()
{
    // With another log id, the compared state and the stream that follows belong to different contents.
    if (failsByOtherContents()) return {};
    serving()->work = Streaming{};
    wire::ReconcileEnd end;
    // Entries may be as new as this index. Until the secondary has applied everything up to it, its data is no prefix.
    end.set_index(m_store.appliedIndex().value());
    end.set_last_relevant_index(lastRelevantIndex().value());
    prepareMarker();
    return encodeFrame(FrameType::ReconcileEnd, end);
}

bool PrimaryLink::failsByOtherContents()
{
    if (m_store.logId() == serving()->logId) return false;
    fail(wire::Refusal::RESYNC,
         Error{ErrorCode::Conflict, "the contents were replaced"}); // by a snapshot: the former log is no prefix of the present one
    return true;
}

/// Marker and PREPARE have the root of exactly their index, so they must go out before any later record.
std::string PrimaryLink::pullMarker()
{
    auto& stream = *streaming();
    if (!stream.marker || serving()->sentThrough.value() < stream.marker->index()) return {};
    std::string frame = encodeFrame(FrameType::Marker, *stream.marker);
    stream.marker.reset();
    return frame;
}

std::string PrimaryLink::pullPrepare()
{
    auto& stream = *streaming();
    if (!stream.prepare || serving()->sentThrough.value() < stream.prepare->index()) return {};
    std::string frame = encodeFrame(FrameType::Handover, *stream.prepare);
    stream.prepare.reset();
    return frame;
}

std::string PrimaryLink::pullStream()
{
    for (int reads = 0; reads < kReadsMax; ++reads) {
        if (auto frame = pullMarker(); !frame.empty()) return frame;
        // A changed filter holds at once, also for records that still wait in the log:
        // 1. An operator denies a mount. The answer says that it is denied.
        // 2. This link is behind, and records of the mount from before the answer are still to be sent.
        // 3. A filter that is read only at its own record would let them through.
        if (m_scope.isOutdated() && !acceptScope(m_scope.refresh())) return {};
        placePrepare();
        if (!m_control.empty()) return {}; // control frames go first, a refusal too
        if (auto frame = pullPrepare(); !frame.empty()) return frame;
        if (serving()->credit <= 0 || serving()->sentThrough >= m_store.appliedIndex() || failsByOtherContents()) return {};
        auto records = m_store.read(serving()->sentThrough.next(), kChunkBytes);
        if (!tellKeys() || !m_control.empty()) return {}; // after the read, so no record in it is newer than the keys that were sent
        if (!records) {
            const bool isGone = records.error().code == ErrorCode::NotFound;
            fail(isGone ? wire::Refusal::RESYNC : wire::Refusal::BUSY, std::move(records).error());
            return {};
        }
        if (records->empty()) return {};
        auto frame = recordsFrame(*records);
        if (!frame.empty() || !m_control.empty()) return frame;
    }
    return {};
}

std::string PrimaryLink::recordsFrame(const std::vector<log::SharedRecord>& records)
{
    Serving& place = *serving();
    const Streaming& stream = *streaming();
    RecordsWriter writer;
    for (const auto& record : records) {
        if (writer.add(m_scope.filter(), record.view(), m_scope.coversAfter(place.sentThrough)) == RecordsWriter::Added::ScopeFirst) {
            if (!acceptScope(m_scope.refresh())) return {};
            if (!m_control.empty()) break; // the rest goes out under the new scope, after the frame that announces it
            writer.add(m_scope.filter(), record.view(), true);
        }
        place.sentThrough = place.sentThrough.next();
        const auto through = place.sentThrough.value();
        const bool isMarkerNext = stream.marker && through == stream.marker->index();
        const bool isPrepareNext = stream.prepare && through == stream.prepare->index();
        if (isMarkerNext || isPrepareNext || writer.sizeBytes() >= kChunkBytes) break;
    }
    if (writer.isEmpty()) return {}; // none of them carries anything for this link, or a Scope frame goes first
    std::string frame = encodeFrame(FrameType::Records, std::move(writer).finish(place.sentThrough));
    place.credit -= static_cast<std::int64_t>(frame.size());
    ++m_statistics.recordFrames;
    return frame;
}

} // namespace core::replication
