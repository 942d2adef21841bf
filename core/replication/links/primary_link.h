#pragma once

#include "core/replication/proofs/epoch_watch.h"
#include "core/replication/links/key_teller.h"
#include "core/replication/links/member_teller.h"
#include "core/replication/links/primary_stage.h"
#include "core/replication/links/scope_tracker.h"
#include "core/replication/proofs/seat_proof.h"
#include "core/replication/proofs/trust_inbox.h"

#include <deque>

namespace core::replication {

/// The primary's end of one link, without I/O: frames and time go in, bytes come out.
///
/// It streams the log from the secondary's place. If that is not possible, it first finds and sends the differences of the two forests. It
/// holds at most one chunk of data, and sends never more than the secondary has given credit for. So a slow secondary costs no memory and
/// delays no write. States: README.md. Single-threaded; the owner calls it on one strand.
class PrimaryLink {
public:
    using Options = PrimaryOptions;
    using State = PrimaryState;

    PrimaryLink(Options options, log::Store& store, const LeafHasher& hasher, const Clock& clock, LocalInfo local);

    /// The next tick sends changes to the secondary (other addresses).
    void setLocal(LocalInfo local);
    void received(const Frame& frame);
    void tick();

    /// Sends the secondary a step of a switchover. PREPARE goes out in the stream, after everything that the store has now, with index and
    /// root.
    void sendHandover(const wire::Handover& handover);
    std::optional<wire::HandoverAnswer> takeHandoverAnswer();

    /// The next bytes to send, one frame or a few; empty: nothing to send now. Call it after every input and whenever the store has
    /// advanced, until it is empty or the transport is full.
    std::string pull();

    /// Bytes of answers that wait for room in the transport. While they are many, receive nothing more.
    std::size_t queuedBytes() const { return m_controlBytes; }

    State state() const;
    /// Set if the link must be closed after the bytes pulled so far: the reason.
    std::optional<Error> failure() const;
    /// A later statement of the set, signed, that the secondary has shown: another cluster has replaced this primary. Or empty.
    const std::string& laterStatement() const { return m_watch.laterEncoded(); }
    const PeerInfo& peer() const { return m_peer; }
    /// What the secondary has proved about itself.
    const SeatProof& seat() const { return m_seat; }
    /// The secondary's present token key.
    const std::string& tokenKey() const { return m_peer.tokenKey.empty() ? m_firstTokenKey : m_peer.tokenKey; }
    /// Entries of trust logs that the secondary has sent. The owner checks and stores them.
    std::optional<TrustMessage> takeTrust() { return m_trustInbox.take(); }
    /// Frames with the entries of trust logs that the secondary lacks.
    std::vector<std::string> dueTrust();
    const PrimaryStatistics& statistics() const { return m_statistics; }

private:
    /// Null in other stages.
    primary::Serving* serving() { return std::get_if<primary::Serving>(&m_stage); }
    PrimaryComparison* comparison() { return serving() ? std::get_if<PrimaryComparison>(&serving()->work) : nullptr; }
    primary::Streaming* streaming() { return serving() ? std::get_if<primary::Streaming>(&serving()->work) : nullptr; }
    bool isAwaitingHello() const { return std::holds_alternative<primary::AwaitingHello>(m_stage); }
    bool isClosed() const { return std::holds_alternative<primary::Closed>(m_stage); }
    /// Closes the link. A reference into the stage is invalid after it.
    void fail(wire::Refusal::Code code, Error error);

    void onHello(const Frame& frame);
    /// Whether the secondary holds a trust log further than this primary, and will tell: what it tells may end this primary's leading.
    bool lacksEntriesOf(const wire::Hello& hello) const;
    /// Answers a hello that waits, once its entries are here or do not come.
    void answerWaitingHello();
    /// Whether the other end is the cluster that has this seat. False: the link has failed.
    bool isFromSeat(const wire::Hello& hello);
    /// Whether this cluster may lead the secondary now. False: the link has failed.
    bool maySecondaryFollow(const wire::Hello& hello);
    void notePeer(const wire::Hello& hello);
    void serve(const wire::Hello& hello);
    wire::Welcome welcomeAt(LogIndex index, const std::string& logId);
    bool observeEpoch(std::string_view statement, std::uint64_t epoch);

    void onCredit(const Frame& frame);
    void onHandoverAnswer(const Frame& frame);
    void onHeartbeat(const Frame& frame);
    void onPageLeaves(const Frame& frame);
    void onRefusal(const Frame& frame);

    /// Whether this relay itself gets nothing more: then the link has failed.
    bool isExcluded();
    /// Whether nothing may be sent, because this relay itself is not in step with its primary. May fail the link.
    bool isHeld();
    /// After the filter was loaded again: tells its id. `isSame` is false if both ends must compare again: then the link has failed. False: it has.
    bool acceptScope(bool isSame);
    /// Nothing: the link has failed, as in acceptScope().
    std::optional<merkle::Forest::State> stateInScope();
    /// Sends the set's keys if the secondary holds others, before data that may need them. False: the link has failed.
    bool tellKeys();
    void refuseOlderProgram();
    void tellTokenKeys();
    void tellTrust();
    bool tellsTrust() const { return !m_options.gate; } // secondaries of a relay follow the relay
    void tellMembers(SteadyTime now);
    wire::Heartbeat heartbeat();
    LogIndex lastRelevantIndex() const;

    std::string pullNext();
    std::string pullComparison();
    std::string finishReconciling();
    /// The store was replaced since the Welcome: then the link has failed.
    bool failsByOtherContents();
    void prepareMarker();
    void placePrepare();
    /// Neither stream nor keys of the secondary are past this index.
    bool isAhead(LogIndex index);
    std::string pullStream();
    std::string pullMarker();
    std::string pullPrepare();
    std::string recordsFrame(const std::vector<log::SharedRecord>& records);
    void queue(std::string frame);

    Options m_options;
    log::Store& m_store;
    const LeafHasher& m_hasher;
    const Clock& m_clock;
    LocalInfo m_local;
    PeerInfo m_peer;
    std::string m_firstTokenKey; // by the hello
    const std::string m_slot;
    SeatProof m_seat;
    EpochWatch m_watch;
    TrustInbox m_trustInbox;
    TrustTeller m_trustTeller;
    ScopeTracker m_scope;
    KeyTeller m_keyTeller;
    MemberTeller m_memberTeller;

    primary::Stage m_stage;
    std::string m_toldStatement;
    std::deque<std::string> m_control; // small frames, before everything else
    std::size_t m_controlBytes = 0;
    std::optional<wire::Handover> m_prepare; // waits for its place in the stream
    std::deque<wire::HandoverAnswer> m_handoverAnswers;
    std::optional<SteadyTime> m_lastHeartbeat; // last sent; nothing: one is due
    SteadyTime m_lastHeard;                    // steady time, because the wall clock may be set back
    PrimaryStatistics m_statistics;
};

} // namespace core::replication
