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
/// It streams the log to the secondary from where that one is, or finds what differs through the forest first. It holds
/// at most one chunk of data at a time, and never more than the secondary has given credit for, so a slow secondary
/// costs neither memory nor the primary's writes. States: README.md. Single-threaded; the owner calls it on one strand.
class PrimaryLink {
public:
    struct Options {
        Type type = Type::Performance;
        std::string secondaryId;             // as the certificate says
        const ScopeSource* scopes = nullptr; // null: everything of the type's classes
        const RelayGate* gate = nullptr;     // of a relay; null: this is the root primary
        const KeySource* keys = nullptr;     // null: keys are not sent
        std::string exporter{};              // the connection's value for proofs; empty: it has none
        std::string memberKey{};             // the secondary must prove this one; empty: none is known
        std::vector<std::string> standIns{}; // or one of these, of its copies
    };
    enum class State { AwaitingHello, Reconciling, Streaming, Closed };

    PrimaryLink(Options options, log::Store& store, const LeafHasher& hasher, const Clock& clock, LocalInfo local);

    /// What the secondary must know soon (other addresses) is told with the next tick.
    void setLocal(LocalInfo local);
    void received(const Frame& frame);
    void tick();

    /// Tells the secondary a step of a switchover. PREPARE goes out in the stream, behind everything that the store has now,
    /// with index and root.
    void sendHandover(const wire::Handover& handover);
    std::optional<wire::HandoverAnswer> takeHandoverAnswer();

    /// Bytes to send next, one frame or a few; empty when there is nothing to send now. Call again until it is empty or
    /// the transport is full, after every input and whenever the store has advanced.
    std::string pull();

    /// Answers that wait for room in the transport; nothing more is to be received while they are many.
    std::size_t queuedBytes() const { return m_controlBytes; }

    State state() const { return m_state; }
    /// Set once the link is to be closed after the bytes pulled so far: why.
    const std::optional<Error>& failure() const { return m_failure; }
    /// The secondary has shown this later statement of the set (as it is signed): this primary has been replaced. Or empty.
    const std::string& laterStatement() const { return m_watch.laterEncoded(); }
    const PeerInfo& peer() const { return m_peer; }
    /// What the secondary has proved; empty: nothing.
    const std::string& provenKey() const { return m_provenKey; }
    /// The key of this seat that the proved one has replaced; empty: none.
    const std::string& replacedKey() const { return m_replacedKey; }
    /// As it says now.
    const std::string& tokenKey() const { return m_peer.tokenKey.empty() ? m_tokenKey : m_peer.tokenKey; }
    /// The entries of trust logs that the secondary has sent; the owner checks and stores them.
    std::optional<TrustMessage> takeTrust() { return m_trustInbox.take(); }
    /// What it lacks of them, as frames.
    std::vector<std::string> dueTrust();
    const LinkFilter& scope() const { return m_scope; }

    struct Statistics {
        std::uint64_t bytesSent = 0, recordFrames = 0, entriesSent = 0, pageBytesSent = 0;
        std::uint64_t streamHits = 0, streamMisses = 0;
    };
    const Statistics& statistics() const { return m_statistics; }

private:
    struct PageTree { // one tree of which page digests are being sent
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
    struct Wanted { // leaves that the secondary lacks or has otherwise
        std::string tree;
        std::vector<merkle::KeyHash> hashes;
        std::size_t next = 0;
    };

    void onHello(const Frame& frame);
    void onPageLeaves(const Frame& frame);
    void onHeartbeat(const Frame& frame);
    void startReconciling(const wire::Hello& hello, const merkle::Forest::State& state);
    void fail(wire::Refusal::Code code, Error error);
    bool observeEpoch(std::string_view statement, std::uint64_t epoch);
    /// Whether the secondary stands above this cluster: then the link has failed.
    bool closesRing(const std::string& secondaryClusterId);
    /// False, and the link has failed: it is not the cluster whose seat this is.
    bool acceptProof(const wire::Hello& hello);
    /// Whether nothing may be sent while this cluster is itself not in step. May fail the link.
    bool isHeld();
    /// Takes up what the secondary's filter says now. False, and the link has failed: what it let through before is not what
    /// it lets through now, so both ends have to compare anew.
    bool refreshScope();
    /// What the forest holds of this link's scope, which is as new as that. Nothing when the link has failed.
    std::optional<merkle::Forest::State> stateInScope();

    std::string pullPages();
    std::string pullEntries();
    std::string pullWhole();
    std::string pullRecords();
    std::string finishReconciling();
    /// Appends the present value of a leaf to the record; nothing is added for a leaf that is gone. Errors: Io, Corrupt.
    Result<> addEntry(log::Record& record, std::size_t& bytes, std::string_view tree, const merkle::KeyHash& hash);
    std::string sendEntries(const log::Record& record);
    /// Whether leaves are waited for that do not come, though the secondary is there.
    bool standsStill(SteadyTime now) const;
    /// Sends the set's keys where the secondary holds others, before data that may need them. False: the link has failed.
    bool tellKeys();
    void refuseOlderProgram();
    void tellTokenKeys();
    void tellTrust();
    bool tellsTrust() const { return !m_options.gate; } // those below a relay follow the relay
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
    LogIndex m_scopeThrough; // no record up to here changes the scope any more
    std::uint64_t m_scopeVersion = 0;
    std::uint64_t m_keysVersion = 0;      // when they were compared with the secondary's
    std::uint64_t m_tokenKeysVersion = 0; // told
    barrier::Keyring::Ids m_keysTold;     // as the secondary knows them
    LogIndex m_keysThrough;               // what was sent of them is as of this index, or older
    std::uint64_t m_scopeTold = 0;        // its id, as the secondary knows it

    State m_state = State::AwaitingHello;
    std::optional<Error> m_failure;
    EpochWatch m_watch;
    std::string m_toldStatement;
    std::deque<std::string> m_control; // small frames, before everything else
    std::size_t m_controlBytes = 0;
    std::int64_t m_credit = 0;
    std::string m_logId; // of the store when the secondary was welcomed
    LogIndex m_sentThrough;
    std::optional<wire::Marker> m_marker;
    std::optional<wire::Handover> m_prepare; // without a root: it has no place in the stream yet
    std::deque<wire::HandoverAnswer> m_handoverAnswers;
    std::optional<SteadyTime> m_lastHeartbeat; // that was sent; nothing: one is due
    SteadyTime m_lastHeard;                    // intervals are not the wall clock's, which may be set back
    LogIndex m_slotIndex;
    std::shared_ptr<const std::vector<Member>> m_membersTold;
    std::optional<SteadyTime> m_membersToldAt;

    std::deque<PageTree> m_pageTrees;
    struct Offered { // a tree whose pages the secondary may answer, each once and in their order
        std::uint32_t pageCount = 1;
        std::uint32_t next = 0;
    };
    std::map<std::string, Offered, std::less<>> m_offered;
    std::uint32_t m_digestBytes = kPageDigestBytes;
    bool m_areDigestsEnded = true;
    bool m_areLeavesEnded = true;
    SteadyTime m_lastStep; // of a reconciliation: pages sent, leaves received
    std::deque<WholeTree> m_wholeTrees;
    std::deque<Wanted> m_wanted;

    Statistics m_statistics;
};

/// Into how many pages trees of this size are cut for comparing.
std::uint32_t pageCountFor(std::uint64_t leafCount);

} // namespace core::replication
