#pragma once

#include "core/log/store.h"
#include "core/replication/links/epoch_watch.h"
#include "core/replication/wire/frame.h"
#include "core/replication/seams/key_source.h"
#include "core/replication/links/leaf_list.h"
#include "core/replication/links/link_identity.h"
#include "core/replication/links/trust_inbox.h"
#include "core/replication/wire/wire.pb.h"

#include <deque>
#include <map>
#include <optional>
#include <set>

namespace core::replication {

/// The primary's end of one link, without I/O: frames and time go in, bytes come out.
///
/// It streams the log from the secondary's place. If that is not possible, it first finds and sends the differences of the two forests. It
/// holds at most one chunk of data, and sends never more than the secondary has given credit for. So a slow secondary costs no memory and
/// delays no write. States: README.md. Single-threaded; the owner calls it on one strand.
class PrimaryLink {
public:
    struct Options {
        Type type = Type::Performance;
        std::string secondaryId;             // from its certificate
        const ScopeSource* scopes = nullptr; // null: no filter
        const RelayGate* gate = nullptr;     // of a relay; null: this is the root primary
        const KeySource* keys = nullptr;     // null: keys are not sent
        std::string exporter{};              // the connection's value for proofs; empty: it has none
        std::string memberKey{};             // the secondary must prove this key; empty: none is known
        std::vector<std::string> standIns{}; // or one of these, of its DR copies
    };
    enum class State { AwaitingHello, Reconciling, Streaming, Closed };

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

    State state() const { return m_state; }
    /// Set if the link must be closed after the bytes pulled so far: the reason.
    const std::optional<Error>& failure() const { return m_failure; }
    /// A later statement of the set, signed, that the secondary has shown: another cluster has replaced this primary. Or empty.
    const std::string& laterStatement() const { return m_watch.laterEncoded(); }
    const PeerInfo& peer() const { return m_peer; }
    /// The member key that the secondary has proved; empty: none.
    const std::string& provenKey() const { return m_provenKey; }
    /// The former key of this seat that the proved key replaced; empty: none.
    const std::string& replacedKey() const { return m_replacedKey; }
    /// The secondary's present token key.
    const std::string& tokenKey() const { return m_peer.tokenKey.empty() ? m_tokenKey : m_peer.tokenKey; }
    /// Entries of trust logs that the secondary has sent. The owner checks and stores them.
    std::optional<TrustMessage> takeTrust() { return m_trustInbox.take(); }
    /// Frames with the entries that the secondary lacks.
    std::vector<std::string> dueTrust();
    const LinkFilter& scope() const { return m_scope; }

    struct Statistics {
        std::uint64_t bytesSent = 0, recordFrames = 0, entriesSent = 0, pageBytesSent = 0;
        std::uint64_t streamHits = 0, streamMisses = 0;
    };
    const Statistics& statistics() const { return m_statistics; }

private:
    struct PageTree { // one tree whose page digests are being sent
        std::string tree;
        std::uint32_t pageCount = 1;
        std::uint32_t nextPage = 0;
        std::vector<merkle::LeafDigest> digests; // read when its turn comes
    };
    struct WholeTree { // one tree of which every leaf is being sent
        std::string tree;
        std::uint32_t pageCount = 1;
        std::uint32_t nextPage = 0;
    };
    struct Wanted { // leaves that the secondary lacks or has with another value
        std::string tree;
        std::vector<merkle::KeyHash> hashes;
        std::size_t next = 0;
    };

    void onHello(const Frame& frame);
    /// Whether the secondary holds a trust log further than this primary, and will tell: what it tells may end this primary's leading.
    bool lacksEntriesOf(const wire::Hello& hello) const;
    /// Answers a hello that waits, once its entries are here or do not come.
    void answerWaitingHello();
    void onPageLeaves(const Frame& frame);
    void onHeartbeat(const Frame& frame);
    void startReconciling(const wire::Hello& hello, const merkle::Forest::State& state);
    void fail(wire::Refusal::Code code, Error error);
    bool observeEpoch(std::string_view statement, std::uint64_t epoch);
    /// Whether the secondary is above this cluster in the chain. If so, the link has failed.
    bool closesRing(const std::string& secondaryClusterId);
    /// False: the other end is not the cluster that has this seat, and the link has failed.
    bool acceptProof(const wire::Hello& hello);
    /// Whether this relay itself gets nothing more: then the link has failed.
    bool isExcluded();
    /// Whether nothing may be sent, because this relay itself is not in step with its primary. May fail the link.
    bool isHeld();
    /// Loads the secondary's filter again. False, and the link has failed: a mount passes now that did not before, or the other way round,
    /// so both ends must compare again.
    bool refreshScope();
    /// The forest's state within a filter of the same age. Nothing: the link has failed.
    std::optional<merkle::Forest::State> stateInScope();

    std::string pullPages();
    std::string pullEntries();
    std::string pullWhole();
    std::string pullRecords();
    std::string finishReconciling();
    /// Appends the present value of a leaf to the record. Adds nothing for a leaf that is gone. Errors: Io, Corrupt.
    Result<> addEntry(log::Record& record, std::size_t& bytes, std::string_view tree, const merkle::KeyHash& hash);
    std::string sendEntries(const log::Record& record);
    /// Whether this end waits for leaves that do not arrive, though the secondary is connected.
    bool isStalled(SteadyTime now) const;
    /// Sends the set's keys if the secondary holds others, before data that may need them. False: the link has failed.
    bool tellKeys();
    void refuseOlderProgram();
    void tellTokenKeys();
    void tellTrust();
    bool tellsTrust() const { return !m_options.gate; } // secondaries of a relay follow the relay
    void tellMembers(SteadyTime now);
    void prepareMarker();
    void placePrepare();
    wire::Heartbeat heartbeat();
    void queue(std::string frame);
    std::string account(std::string frame);

    Options m_options;
    log::Store& m_store;
    const LeafHasher& m_hasher;
    const Clock& m_clock;
    LocalInfo m_local;
    PeerInfo m_peer;
    std::string m_slot;
    LinkIdentity m_identity;
    std::string m_provenKey;
    std::string m_replacedKey;
    std::string m_tokenKey;
    TrustInbox m_trustInbox;
    TrustTeller m_trustTeller;
    LinkFilter m_scope;
    LogIndex m_scopeThrough; // no record up to here can still change the scope
    std::uint64_t m_scopeVersion = 0;
    std::uint64_t m_keysVersion = 0;      // of the last comparison with the secondary's keys
    std::uint64_t m_tokenKeysVersion = 0; // last sent
    barrier::Keyring::Ids m_keysTold;     // as the secondary knows them
    LogIndex m_keysThrough;               // the keys that were sent are of this index, or older
    std::uint64_t m_scopeTold = 0;        // the id that the secondary knows

    State m_state = State::AwaitingHello;
    std::optional<Error> m_failure;
    std::optional<Frame> m_waitingHello;
    SteadyTime m_waitsUntil;
    EpochWatch m_watch;
    std::string m_toldStatement;
    std::deque<std::string> m_control; // small frames, before everything else
    std::size_t m_controlBytes = 0;
    std::int64_t m_credit = 0;
    std::string m_logId; // of the store when the secondary was welcomed
    LogIndex m_sentThrough;
    std::optional<wire::Marker> m_marker;
    std::optional<wire::Handover> m_prepare; // without a root: it is not in the stream yet
    std::deque<wire::HandoverAnswer> m_handoverAnswers;
    std::optional<SteadyTime> m_lastHeartbeat; // last sent; nothing: one is due
    SteadyTime m_lastHeard;                    // steady time, because the wall clock may be set back
    LogIndex m_slotIndex;
    std::shared_ptr<const std::vector<Member>> m_membersTold;
    std::optional<SteadyTime> m_membersToldAt;

    std::deque<PageTree> m_pageTrees;
    struct Offered { // a tree whose pages the secondary may answer, each once and in order
        std::uint32_t pageCount = 1;
        std::uint32_t next = 0;
    };
    std::map<std::string, Offered, std::less<>> m_offered;
    std::uint32_t m_digestBytes = kPageDigestBytes;
    bool m_areDigestsEnded = true;
    bool m_areLeavesEnded = true;
    SteadyTime m_lastStep; // of a reconciliation: pages sent or leaves received
    std::deque<WholeTree> m_wholeTrees;
    std::deque<Wanted> m_wanted;

    Statistics m_statistics;
};

/// The number of pages into which a tree of this size is cut for comparing.
std::uint32_t pageCountFor(std::uint64_t leafCount);

} // namespace core::replication
