#pragma once

#include "core/log/store.h"
#include "core/replication/links/apply_queue.h"
#include "core/replication/links/epoch_watch.h"
#include "core/replication/wire/frame.h"
#include "core/replication/seams/key_source.h"
#include "core/replication/links/leaf_list.h"
#include "core/replication/links/link_identity.h"
#include "core/replication/links/trust_inbox.h"
#include "core/replication/wire/wire.pb.h"

#include <array>
#include <deque>
#include <optional>
#include <utility>

namespace core::replication {

/// The secondary's end of one link, without I/O: frames, time and finished applies go in, bytes and batches to apply come out.
///
/// Each batch is whole: records of the primary together with the position that they reach. So the store always holds a prefix of the
/// primary's log. The exception is the time between begin and end of a reconciliation, which the position records. The object outlives
/// connections. States: README.md. Single-threaded; the owner calls it on one strand.
class SecondaryLink {
public:
    struct Options {
        Type type = Type::Performance;
        std::string secondaryId;
        std::uint64_t windowBytes = kWindowBytes;
        const KeySource* keys = nullptr;   // null: keys stay as they are
        std::size_t applyBytes = 4u << 20; // about, of operations in one transaction
    };
    /// `idle`, `merkle-diff`, `merkle-sync`, `stream-wals`.
    enum class State { Idle, MerkleDiff, MerkleSync, StreamWals };

    SecondaryLink(Options options, const log::Store& store, const LeafHasher& hasher, const Clock& clock, LocalInfo local, Position position);

    void setRelay(bool isRelay) { m_local.isRelay = isRelay; }
    /// The other end must prove one of these keys. The first is the primary's own, the others are those of members that may succeed it.
    /// Empty: none is known yet.
    void setLeaderKeys(std::vector<std::string> keys) { m_leaderKeys = std::move(keys); }
    void setStandIns(std::vector<std::string> keys) { m_local.standIns = std::move(keys); }
    void setTrust(TrustLogs logs) { m_local.trust = std::move(logs); }
    /// Entries of trust logs that the primary has sent. The owner checks and stores them.
    std::optional<TrustMessage> takeTrust() { return m_trustInbox.take(); }
    void setLocal(LocalInfo local) { m_local = std::move(local); }
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

    State state() const { return m_state; }
    /// The primary at the other end of this connection has welcomed this secondary. (`state()` outlives connections.)
    bool isWelcomed() const { return m_stage == Stage::Welcomed; }
    /// Set if the connection must be closed: the reason. The link continues on the next connection.
    const std::optional<Error>& failure() const { return m_failure; }
    /// The primary refused for a reason that a new connection does not change (revoked, another set, no primary).
    bool isRefused() const { return m_isRefused; }
    /// What an operator does about it.
    std::string refusalAdvice() const;
    /// The other end knows this cluster no more, or passes on that nothing more comes to itself: what those below a relay are told. Empty: neither.
    const std::string& exclusion() const { return m_exclusion; }

    /// A genuine statement later than any known one, once.
    struct Learned {
        std::string statement;
        bool isFollowed = false; // this link's primary made it; else it names another cluster to follow
        std::string leaderKey{}; // of the leader that it names; empty: not known
    };
    /// The key that the primary has proved on this connection, once: if none was known, or if it has replaced the known one.
    struct Proven {
        std::string key, replaced;
    };
    std::optional<Proven> takeProven() { return std::exchange(m_proven, std::nullopt); }
    /// The proved key, also if it was known before; empty: none.
    const std::string& primaryKey() const { return m_primaryKey; }
    std::optional<Learned> takeLearned() { return std::exchange(m_learned, std::nullopt); }

    /// A switchover step for the owner to answer: OFFER or CANCEL. The link itself answers PREPARE.
    std::optional<wire::Handover> takeHandover();
    void answerHandover(const wire::HandoverAnswer& answer);

    const Position& position() const { return m_position; }
    /// Streaming, and past all entries that the reconciliation sent ahead of their index.
    bool isInSync() const { return m_state == State::StreamWals && m_position.isConsistent() && !m_mustReconcile; }
    /// Has applied everything that the primary had at its last heartbeat.
    bool isCaughtUp() const { return isInSync() && m_position.index >= m_primaryIndex; }
    /// The store, with the batch that is being applied, holds a prefix of the primary's log.
    bool isPrefix() const { return m_position.isConsistent() && (!m_queue.flight() || m_queue.flight()->position.isConsistent()); }
    Epoch epoch() const { return m_local.epoch; }
    const std::string& statement() const { return m_local.statement; }
    const PeerInfo& peer() const { return m_peer; }
    /// The set's members from the primary's last list; null: none yet.
    const std::shared_ptr<const std::vector<Member>>& members() const { return m_members; }
    /// How long ago (by the primary's time) this secondary was proven to have everything. Nothing before the first marker.
    std::optional<std::chrono::milliseconds> canaryAge() const;

    /// The last place in the primary's log at which the roots were equal, and that root. Empty: none yet.
    struct Equality {
        LogIndex index;
        std::string root;
    };
    const Equality& equality() const { return m_equality; }

    /// What this link has learned of its primary and of how equal both ends are.
    struct Past {
        std::string logId; // of the primary's log that it was true of
        PeerInfo peer;
        std::optional<std::int64_t> canaryMs;
        Equality equality;
    };
    Past past() const { return {m_position.primaryLogId(), m_peer, m_canaryMs, m_equality}; }
    /// Begins with what a former link to the same primary had learned, if this cluster is still in the same log.
    void inherit(const Past& past);

    struct Progress {
        std::uint64_t done = 0, total = 0;
    };
    Progress progress() const { return m_progress; }

    struct Statistics {
        std::uint64_t entriesApplied = 0, entriesRejected = 0, rootsEqual = 0, rootsDifferent = 0;
        std::uint64_t reconcileCount = 0, bytesReceived = 0;
    };
    const Statistics& statistics() const { return m_statistics; }

private:
    using Data = ApplyQueue::Data;
    struct Page {
        std::string tree;
        std::uint32_t pageCount = 1;
        std::uint32_t page = 0;
    };

    void fail(Error error, wire::Refusal::Code code = wire::Refusal::PROTOCOL);
    void sayHello();
    void onWelcome(const Frame& frame);
    void onRefusal(const Frame& frame);
    void onHeartbeat(const Frame& frame);
    std::chrono::milliseconds clockSkew() const;
    void onMembers(const Frame& frame);
    void onRecords(const Frame& frame);
    void onScope(const Frame& frame);
    void onKeys(Frame frame);
    bool isBusy() const { return m_queue.flight() || m_keysState == Keys::Storing || m_keysState == Keys::StoringForFormer; }
    void tellKeyIds(std::string& rootKey, std::string& term) const;
    bool isKept(const log::OperationView& operation) const;
    /// Removes keyring rows that must not be stored.
    void keepTakeable(Apply& apply) const;
    void onPageDigests(const Frame& frame);
    void onEntries(const Frame& frame);
    void onAbsentLeaves(const Frame& frame);
    void onReconcileEnd(const Frame& frame);
    void eraseTree(const std::string& tree);
    std::string pullLeaves();
    bool isGenuine(const log::OperationView& operation) const;
    void keepGenuine(log::EncodedOperations& operations);
    void addErase(Data& data, std::string_view tree, const merkle::KeyHash& hash);
    void settleDue();
    void checkRoot(const wire::Marker& marker);
    void answerPrepare(const wire::Handover& prepare);
    bool isBelow(const google::protobuf::RepeatedPtrField<std::string>& chain);
    bool observeEpoch(std::string_view statement, std::uint64_t epoch, bool isOwn, const std::string& leaderKey);
    /// Checks the proof in the Welcome. False: this cluster must not follow the other end, and the link has failed.
    bool acceptProof(const wire::Welcome& welcome);
    /// The leader's key that the proof proves; empty: none.
    std::string leaderKeyOf(const wire::LinkProof& proof) const;
    bool isProofDue() const { return !m_leaderKeys.empty(); }

    Options m_options;
    const LinkFilter m_whole; // of the type: all that may arrive; only the primary knows filters
    const log::Store& m_store;
    const LeafHasher& m_hasher;
    const Clock& m_clock;
    LocalInfo m_local;
    Position m_position;
    PeerInfo m_peer;
    std::shared_ptr<const std::vector<Member>> m_members;
    EpochWatch m_watch;
    std::optional<Learned> m_learned;
    LinkIdentity m_identity;
    std::vector<std::string> m_leaderKeys;
    std::string m_primaryKey; // proved on this connection
    std::optional<Proven> m_proven;
    TrustInbox m_trustInbox;
    TrustTeller m_trustTeller;

    enum class Stage { Disconnected, AwaitingApply, AwaitingWelcome, Welcomed };
    Stage m_stage = Stage::Disconnected;
    State m_state = State::Idle;
    std::optional<Error> m_failure;
    bool m_isRefused = false;
    wire::Refusal::Code m_failureCode = wire::Refusal::UNKNOWN;
    bool m_isPrimarysWord = false; // the failure
    std::string m_exclusion;
    bool m_mustReconcile = false;
    std::uint32_t m_digestBytes = kPageDigestBytes; // brief, until a marker shows that they hide a difference
    bool m_isReconciling = false;
    LogIndex m_reconcileIndex;
    LogIndex m_receivedThrough; // of the primary's log, on this connection
    std::uint64_t m_scope = 0;  // see Position
    std::string m_primaryLogId;
    LogIndex m_primaryIndex;
    SteadyTime m_lastHeartbeat; // steady time, because the wall clock may be set back
    struct LastReport {         // what this connection has already sent to the primary
        LogIndex lastRelevantIndex;
        bool isReconciling = false;
        bool operator==(const LastReport&) const = default;
    };
    std::optional<LastReport> m_lastReport;
    /// How far our clock was ahead of the primary's at the last heartbeats of this connection, transit time included.
    std::array<std::chrono::milliseconds, 8> m_skews{};
    std::size_t m_skewCount = 0; // heartbeats so far
    SteadyTime m_lastFrame;
    std::optional<std::int64_t> m_canaryMs;
    Equality m_equality;

    std::deque<std::string> m_control;
    std::deque<Page> m_pagesToSend;
    bool m_isLeavesEndDue = false;
    struct OwnPages {
        std::string tree;
        std::uint32_t pageCount = 0;
        std::vector<merkle::LeafDigest> digests;
    } m_ownPages;

    ApplyQueue m_queue;
    std::optional<std::string> m_tokenKeys;
    bool m_hasKeyringRows = false;                            // at least one arrived on this connection
    std::optional<SecretBytes> m_keys;                        // to be stored
    enum class Keys { None, Due, Storing, StoringForFormer }; // the last: for a former connection
    Keys m_keysState = Keys::None;
    std::deque<wire::Handover> m_handovers;
    Progress m_progress;
    Statistics m_statistics;
};

/// "idle", "merkle-diff", "merkle-sync", "stream-wals".
std::string_view toString(SecondaryLink::State state);

} // namespace core::replication
