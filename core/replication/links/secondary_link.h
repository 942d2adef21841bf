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

/// The secondary's end of one link, without I/O: frames, time and finished applies go in; bytes and applies come out.
///
/// What it asks to apply is always a whole batch of the primary's records together with the position they reach, so what
/// the store holds is a prefix of the primary's log, except between the beginning and the end of a reconciliation, which
/// the position tells. It outlives connections. States: README.md. Single-threaded; the owner calls it on one strand.
class SecondaryLink {
public:
    struct Options {
        Type type = Type::Performance;
        std::string secondaryId;
        std::uint64_t windowBytes = kWindowBytes;
        const KeySource* keys = nullptr;   // null: keys stay as they are
        std::size_t applyBytes = 4u << 20; // of operations in one transaction, about; while they are applied, as many come
    };
    /// `idle`, `merkle-diff`, `merkle-sync`, `stream-wals`.
    enum class State { Idle, MerkleDiff, MerkleSync, StreamWals };

    SecondaryLink(Options options, const log::Store& store, const LeafHasher& hasher, const Clock& clock, LocalInfo local, Position position);

    void setRelay(bool isRelay) { m_local.isRelay = isRelay; }
    /// Whoever is followed must prove one of these; empty: nothing is known yet. The first is the primary's own key, then come those of
    /// members that may succeed it.
    void setLeaderKeys(std::vector<std::string> keys) { m_leaderKeys = std::move(keys); }
    void setStandIns(std::vector<std::string> keys) { m_local.standIns = std::move(keys); }
    void setTrust(TrustLogs logs) { m_local.trust = std::move(logs); }
    /// The entries of trust logs that the primary has sent; the owner checks and stores them.
    std::optional<TrustMessage> takeTrust() { return m_trustInbox.take(); }
    void setLocal(LocalInfo local) { m_local = std::move(local); }
    /// `exporter`: the connection's value for proofs; empty: it has none.
    void connected(std::string exporter = {});
    void disconnected();
    void received(const Frame& frame);
    void tick();

    /// Bytes to send next; empty when there is nothing to send now.
    std::string pull();

    /// What to commit next; one at a time: the next after applied().
    using Apply = ApplyQueue::Apply;
    std::optional<Apply> takeApply();
    void applied(const Result<LogIndex>& result);

    /// Keys of the set to take up now (barrier::KeyBundle); nothing more is applied before keysTaken().
    std::optional<SecretBytes> takeKeys();
    void keysTaken(const Result<>& result);

    /// The set's token keys as the primary has told them, once.
    std::optional<std::string> takeTokenKeys() { return std::exchange(m_tokenKeys, std::nullopt); }

    State state() const { return m_state; }
    /// The primary at the other end of this connection has taken this secondary in. The state outlives connections.
    bool isWelcomed() const { return m_stage == Stage::Welcomed; }
    /// Set when the connection is to be dropped: why. The link goes on when it is connected again.
    const std::optional<Error>& failure() const { return m_failure; }
    /// The primary refused for a reason that a new connection to it does not change (revoked, another set, no primary).
    bool isRefused() const { return m_isRefused; }

    /// A genuine statement later than what was known, once.
    struct Learned {
        std::string statement;
        bool isFollowed = false; // this link's primary made it; else it names another, who is to be followed
        std::string leaderKey{}; // that one's member key; empty: not known
    };
    /// The key that the primary has proved on this connection, where none was known, or the one that was known has been replaced by it; once.
    struct Proven {
        std::string key, replaced;
    };
    std::optional<Proven> takeProven() { return std::exchange(m_proven, std::nullopt); }
    /// The same, whether it was known or not; empty: none.
    const std::string& primaryKey() const { return m_primaryKey; }
    std::optional<Learned> takeLearned() { return std::exchange(m_learned, std::nullopt); }

    /// What the primary offers or takes back in a switchover, for the owner to answer. PREPARE is answered here.
    std::optional<wire::Handover> takeHandover();
    void answerHandover(const wire::HandoverAnswer& answer);

    const Position& position() const { return m_position; }
    /// Streaming, and past everything that reconciliation may have brought ahead of its time.
    bool isInSync() const { return m_state == State::StreamWals && m_position.isConsistent() && !m_mustReconcile; }
    /// Applied up to what the primary had when it was last heard.
    bool isCaughtUp() const { return isInSync() && m_position.index >= m_primaryIndex; }
    /// What the store holds, with what is being applied, is a prefix of the primary's log.
    bool isPrefix() const { return m_position.isConsistent() && (!m_queue.flight() || m_queue.flight()->position.isConsistent()); }
    Epoch epoch() const { return m_local.epoch; }
    const std::string& statement() const { return m_local.statement; }
    const PeerInfo& peer() const { return m_peer; }
    /// The set's members as the primary has told them last; null: not yet.
    const std::shared_ptr<const std::vector<Member>>& members() const { return m_members; }
    /// Time on the primary up to which everything is here, and how long that is ago; nothing before the first marker.
    std::optional<std::chrono::milliseconds> canaryAge() const;

    /// The place in the primary's log at which the roots were equal last, and that root; empty: not yet.
    struct Equality {
        LogIndex index;
        std::string root;
    };
    const Equality& equality() const { return m_equality; }

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
    /// Leaves out keyring rows that must not be stored.
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
    /// Takes the proof of whoever welcomes this secondary. False, and the link has failed: it is not whom this cluster may follow.
    bool acceptProof(const wire::Welcome& welcome);
    /// The key with which a leader proves itself, if it may; empty: it does not.
    std::string leaderKeyOf(const wire::LinkProof& proof) const;
    bool isProofDue() const { return !m_leaderKeys.empty(); }

    Options m_options;
    const LinkFilter m_whole; // of the type: what may come; a filter is the primary's to know
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
    bool m_mustReconcile = false;
    std::uint32_t m_digestBytes = kPageDigestBytes; // short ones, until they turn out to hide a difference
    bool m_isReconciling = false;
    LogIndex m_reconcileIndex;
    LogIndex m_receivedThrough; // of the primary's log, on this connection
    std::uint64_t m_scope = 0;  // see Position
    std::string m_primaryLogId;
    LogIndex m_primaryIndex;
    SteadyTime m_lastHeartbeat; // intervals are not the wall clock's, which may be set back
    struct LastReport {         // what the primary has been told on this connection
        LogIndex lastRelevantIndex;
        bool isReconciling = false;
        bool operator==(const LastReport&) const = default;
    };
    std::optional<LastReport> m_lastReport;
    /// By how much our clock was ahead of the primary's at the last heartbeats of this connection, the way of each included.
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
    bool m_hasKeyringRows = false;                            // one has come on this connection
    std::optional<SecretBytes> m_keys;                        // due
    enum class Keys { None, Due, Storing, StoringForFormer }; // the last: for a connection that is gone
    Keys m_keysState = Keys::None;
    std::deque<wire::Handover> m_handovers;
    Progress m_progress;
    Statistics m_statistics;
};

/// "idle", "merkle-diff", "merkle-sync", "stream-wals".
std::string_view toString(SecondaryLink::State state);

} // namespace core::replication
