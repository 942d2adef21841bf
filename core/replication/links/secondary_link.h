#pragma once

#include "core/replication/links/entry_filter.h"
#include "core/replication/proofs/epoch_watch.h"
#include "core/replication/proofs/equality_proof.h"
#include "core/replication/links/key_intake.h"
#include "core/replication/proofs/leader_proof.h"
#include "core/replication/links/secondary_stage.h"
#include "core/replication/proofs/trust_inbox.h"

namespace core::replication {

/// The secondary's end of one link, without I/O: frames, time and finished applies go in, bytes and batches to apply come out.
///
/// Each batch is whole: records of the primary together with the position that they reach. So the store always holds a prefix of the
/// primary's log. The exception is the time between begin and end of a reconciliation, which the position records. The object outlives
/// connections. States: README.md. Single-threaded; the owner calls it on one strand.
class SecondaryLink {
public:
    using Options = SecondaryOptions;
    using State = SecondaryState;

    SecondaryLink(Options options, const log::Store& store, const LeafHasher& hasher, const Clock& clock, LocalInfo local, Position position);

    /// What this end tells about itself. The owner keeps it current.
    LocalInfo& local() { return m_local; }
    const LocalInfo& local() const { return m_local; }
    /// What the other end must prove. The owner keeps its keys current.
    LeaderProof& leader() { return m_leader; }
    const LeaderProof& leader() const { return m_leader; }
    /// `exporter`: the connection's value for proofs; empty: it has none.
    void connected(std::string exporter = {});
    void disconnected();
    void received(const Frame& frame);
    void tick();

    /// Bytes to send next; empty when there is nothing to send now.
    std::string pull();

    /// The next batch to commit. After it, the owner calls applied() before it takes another.
    using Apply = ApplyQueue::Apply;
    std::optional<Apply> takeApply();
    void applied(const Result<LogIndex>& result);

    /// Keys of the set that must be stored now (barrier::KeyBundle). Nothing more is applied before keysTaken().
    std::optional<SecretBytes> takeKeys();
    void keysTaken(const Result<>& result);

    /// The set's token keys from the primary, once.
    std::optional<std::string> takeTokenKeys() { return std::exchange(m_tokenKeys, std::nullopt); }

    State state() const;
    /// The primary at the other end of this connection has welcomed this secondary. (`state()` outlives connections.)
    bool isWelcomed() const { return isReconciling() || std::holds_alternative<secondary::Streaming>(m_stage); }
    /// Set if the connection must be closed: the reason. The link continues on the next connection.
    std::optional<Error> failure() const;
    /// The primary refused for a reason that a new connection does not change (revoked, another set, no primary).
    bool isRefused() const;
    /// What an operator does about it.
    std::string refusalAdvice() const;
    /// The other end knows this cluster no more, or passes on that nothing more comes to itself: what those below a relay are told. Empty: neither.
    std::string exclusion() const;

    std::optional<LearnedStatement> takeLearned() { return std::exchange(m_learned, std::nullopt); } // once
    /// Entries of trust logs that the primary has sent. The owner checks and stores them.
    std::optional<TrustMessage> takeTrust() { return m_trustInbox.take(); }
    /// A switchover step for the owner to answer: OFFER or CANCEL. The link itself answers PREPARE.
    std::optional<wire::Handover> takeHandover();
    void answerHandover(const wire::HandoverAnswer& answer);

    const Position& position() const { return m_position; }
    /// Streaming, and past all entries that the reconciliation sent ahead of their index.
    bool isInSync() const { return state() == State::StreamWals && m_position.isConsistent() && !m_mustReconcile; }
    /// Has applied everything that the primary had at its last heartbeat.
    bool isCaughtUp() const { return isInSync() && m_position.index >= m_primaryIndex; }
    /// The store, with the batch that is being applied, holds a prefix of the primary's log.
    bool isPrefix() const { return m_position.isConsistent() && (!m_queue.flight() || m_queue.flight()->position.isConsistent()); }
    const PeerInfo& peer() const { return m_peer; }
    /// The set's members from the primary's last list; null: none yet.
    const std::shared_ptr<const std::vector<Member>>& members() const { return m_members; }
    const EqualityProof& equality() const { return m_equality; }
    SecondaryPast past() const { return {m_position.primaryLogId(), m_peer, m_equality.canaryMs(), m_equality.last()}; }
    /// Begins with what a former link to the same primary had learned, if this cluster is still in the same log.
    void inherit(const SecondaryPast& past);
    SecondaryProgress progress() const;
    const SecondaryStatistics& statistics() const { return m_statistics; }

private:
    const secondary::Failure* lastFailure() const;
    bool isFailed() const { return std::holds_alternative<secondary::Failed>(m_stage); }
    bool isReconciling() const { return std::holds_alternative<secondary::Reconciling>(m_stage); }
    /// Ends the connection. A reference into the stage is invalid after it.
    void fail(Error error, wire::Refusal::Code code = wire::Refusal::PROTOCOL, bool isFinal = false);
    void failUnless(const Result<>& result);
    void onMembers(const Frame& frame);
    void onTrust(const Frame& frame);
    void onHandover(const Frame& frame);
    /// Unless a batch or keys are being stored, which change what the hello says.
    void sayHelloIfDue();
    void sayHello();
    void onWelcome(const Frame& frame);
    void begin(const wire::Welcome& welcome);
    void onRefusal(const Frame& frame);
    void onHeartbeat(const Frame& frame);
    bool isBelow(const google::protobuf::RepeatedPtrField<std::string>& chain);
    bool observeEpoch(std::string_view statement, std::uint64_t epoch, bool isOwn, const std::string& leaderKey);
    void tellKeyIds(std::string& rootKey, std::string& term) const;
    void onRecords(const Frame& frame);
    void onEntries(const Frame& frame);
    void onReconcileEnd(const Frame& frame);
    void onScope(const Frame& frame);
    void onMarker(const Frame& frame);
    void onKeys(Frame frame);
    void keepGenuine(log::EncodedOperations& operations);
    void settleDue();
    void checkRoot(const wire::Marker& marker);
    void answerPrepare(const wire::Handover& prepare);

    Options m_options;
    const LinkFilter m_whole; // of the type: all that may arrive; only the primary knows filters
    const log::Store& m_store;
    const Clock& m_clock;
    LocalInfo m_local;
    Position m_position;
    PeerInfo m_peer;
    LogIndex m_primaryIndex;
    std::shared_ptr<const std::vector<Member>> m_members;
    EpochWatch m_watch;
    std::optional<LearnedStatement> m_learned;
    LeaderProof m_leader;
    EqualityProof m_equality;
    TrustInbox m_trustInbox;
    TrustTeller m_trustTeller;
    EntryFilter m_filter;
    ApplyQueue m_queue; // before the stage, which refers to it
    secondary::Stage m_stage;
    bool m_hasStreamed = false; // the last connection that was welcomed reached the stream
    bool m_mustReconcile = false;
    std::uint32_t m_digestBytes = kPageDigestBytes; // brief, until a marker shows that they hide a difference
    SteadyTime m_lastHeartbeat;                     // steady time, because the wall clock may be set back
    SteadyTime m_lastFrame;
    std::optional<secondary::LastReport> m_lastReport;
    std::deque<std::string> m_control;
    std::deque<wire::Handover> m_handovers;
    std::optional<std::string> m_tokenKeys;
    KeyIntake m_keyIntake;
    SecondaryStatistics m_statistics;
};

} // namespace core::replication
