#pragma once

#include "core/base/mutex.h"
#include "core/base/thread.h"
#include "core/log/checkpoint.h"
#include "core/log/placed_reader.h"
#include "core/log/recent_writes.h"
#include "core/log/segment_log.h"
#include "core/log/staging.h"
#include "core/log/store.h"

#include <atomic>

namespace core::log {

/// Rows of the engine that say how far it is: the log id and index of its last checkpoint, and the index of its last batch.
inline constexpr std::string_view kEngineStateKey = "m/state";
inline constexpr std::string_view kEngineAppliedKey = "m/applied";

/// The store on an engine and a segment log of this machine. It has two threads. The committer writes. The maintainer prepares segments, makes
/// checkpoints and retries after errors. README.md says how they work together.
class LocalStore final : public Store, public StagingStore {
public:
    LocalStore(std::unique_ptr<storage::Engine> engine, std::unique_ptr<FileSystem> ownFiles, FileSystem& files, Random& random, Options options);
    ~LocalStore() override;

    /// Recovers and starts the threads. Call it once. Errors: as Store::open().
    Result<> start(const Clock& clock);
    /// Recovers and starts no thread. A call that waits for a thread does that work itself. The owner does the rest with runQueued() and maintain().
    /// For a simulator, which runs everything on one thread from a seed. Errors: as Store::open().
    Result<> startWithoutThreads(const Clock& clock);
    /// Commits what is queued, in one group if it fits. This is one turn of the committer. Must not be called from a subscriber.
    void runQueued();
    /// One turn of maintenance: retries after errors, prepares a segment, writes slots, and makes a checkpoint if one is due or if enough log bytes
    /// were written. Returns false if something failed; then call it again after a second.
    bool maintain(bool isCheckpointDue);

    const storage::Reader& reader() const override { return m_reader; }
    std::unique_ptr<storage::Reader> snapshot() const override { return m_reader.snapshot(); }
    LogIndex appliedIndex() const override { return LogIndex{m_applied.load(std::memory_order_acquire)}; }
    LogIndex lastSharedIndex() const override { return LogIndex{m_lastShared.load(std::memory_order_acquire)}; }
    LogIndex lastReplicatedIndex() const override { return LogIndex{m_lastReplicated.load(std::memory_order_acquire)}; }

    void commit(Transaction transaction, Executor& executor, Completion done) override;
    Result<LogIndex> commitAndWait(Transaction transaction) override;
    std::unique_ptr<Subscription> subscribeToKeys(KeySubscribers::Notify notify) override { return m_keySubscribers->add(std::move(notify)); }
    void setEpoch(Epoch epoch) override;
    Epoch epoch() const override { return Epoch{m_epoch.load(std::memory_order_acquire)}; }

    std::string logId() const override { return m_log->logId(); }
    LogIndex oldestIndex() const override { return m_log->oldestIndex(); }
    Result<std::vector<SharedRecord>> read(LogIndex from, std::size_t bytesMax) const override;
    std::unique_ptr<Subscription> subscribe(std::function<void(LogIndex)> notify) override;
    void setSlot(std::string_view name, LogIndex from) override;
    void eraseSlot(std::string_view name) override;

    const merkle::Forest& forest() const override { return m_forest; }
    Result<> betweenGroups(const std::function<void()>& look) override;
    Result<> sumUpForest(std::string_view tree) override;
    Result<std::optional<std::string>> keyOf(std::string_view tree, const merkle::KeyHash& hash) const override;

    Result<> replaceContents(const std::function<bool(std::string_view)>& isKept, std::vector<Operation> first) override;
    Result<std::unique_ptr<Staging>> stage() override;
    Result<> checkpoint() override;
    Result<> recover() override;
    void stop() override;
    Statistics statistics() const override;

private:
    /// A transaction on its way to the log. The caller's thread encodes it; the committer does the rest.
    struct Request {
        EncodedOperations operations;
        LogIndex readAt;
        Transaction::Reads reads;
        Executor* executor = nullptr;
        Completion done;
        EncodedOperations* returnedTo = nullptr; // of a thread that waits, which publishes the keys itself; null: the executor's task does
        Result<LogIndex> outcome{LogIndex{}};
    };
    struct Accepted {
        Request* request = nullptr;
        std::size_t offset = 0; // of its record in the group
        std::size_t bytes = 0;
    };
    class SubscriptionHandle;
    class StagingArea;
    using Action = std::function<Result<>()>;

    // Any thread
    static Result<Request> encode(Transaction transaction);
    void enqueue(Request request, Executor& executor, Completion done) CORE_EXCLUDES(m_queueMutex);
    Result<LogIndex> enqueueAndWait(Request request) CORE_EXCLUDES(m_queueMutex);
    Result<> runOnCommitter(Action action) CORE_EXCLUDES(m_queueMutex);
    /// The log holds a placement that the engine could not carry out yet.
    bool isPlacementPending() const;
    void wakeMaintenance() CORE_EXCLUDES(m_maintenanceMutex);

    // The committer's thread (local_store_commit.cpp)
    void commitLoop();
    using Actions = std::vector<std::pair<Action*, std::optional<Result<>>*>>;
    void releaseBuffers() CORE_EXCLUDES(m_queueMutex);
    void commitTaken(std::vector<Request>& taken, Actions& actions) CORE_EXCLUDES(m_queueMutex);
    void commitGroup(std::span<Request> requests);
    Result<> writeGroup(LogIndex first);
    Result<> applyGroup(LogIndex last);
    void answer(std::span<Request> requests);
    void buildGroup(std::span<Request> requests, LogIndex first, const std::optional<Error>& failure);
    void refuseGroup(std::span<Request> requests, LogIndex first);
    void fail(const Error& error, LogIndex first, bool isLogCut);
    Result<> replaceOnCommitter(const std::function<bool(std::string_view)>& isKept, const std::vector<Operation>& first);
    Result<> writeReplacement(LogIndex index, std::uint32_t count);
    Result<> refuseReplacement(const Error& error, LogIndex index, const std::string& logIdBefore, bool isLogCut);
    Result<> applyReplacement(const RecordView& record);
    void publishReplacement(LogIndex index);
    Result<> recoverOnCommitter();
    void keepTail(LogIndex first);
    void noteRecord(const RecordView& record);
    void publish(LogIndex applied);

    // The committer's thread: placements (local_store_placement.cpp)
    Result<std::uint32_t> encodePlacing(const std::string& prefix, const Placing& placing);
    Result<> placeOnCommitter(const std::string& prefix, const Placing& placing) CORE_EXCLUDES(m_checkpointMutex);
    Result<> applyPlacement(const RecordView& record) CORE_REQUIRES(m_checkpointMutex);
    Result<> resumePlacement(const RecordView& record) CORE_EXCLUDES(m_checkpointMutex);
    Result<> replaceForest(LogIndex index);

    // Recovery, before the threads (local_store_recovery.cpp)
    Result<> loadState(const Clock& clock);
    Result<> checkEngine(const std::optional<Checkpoint>& found) const;
    Result<> checkLogEnd() const;
    Result<> redo(LogIndex placed) CORE_REQUIRES(m_checkpointMutex);
    Result<> redoReplacement(const RecordView& record, LogIndex placed) CORE_REQUIRES(m_checkpointMutex);
    Result<LogIndex> placedIndex() const CORE_REQUIRES(m_checkpointMutex);
    Result<> verifyForest(const Checkpoint& checkpoint) const;

    // Checkpoints (local_store.cpp)
    void maintenanceLoop();
    Result<> catchUpRows() const CORE_REQUIRES(m_checkpointMutex);
    Result<std::optional<std::string>> keyInLog(std::string_view tree, const merkle::KeyHash& hash) const CORE_REQUIRES(m_checkpointMutex);
    Result<> writeCheckpointFile(LogIndex durable) const CORE_REQUIRES(m_checkpointMutex);
    bool isFileDue() const CORE_EXCLUDES(m_maintenanceMutex);
    LogIndex claimedIndex() const CORE_EXCLUDES(m_maintenanceMutex);
    void noteHorizon() CORE_REQUIRES(m_checkpointMutex) CORE_EXCLUDES(m_maintenanceMutex);

    const Options m_options;
    std::unique_ptr<FileSystem> m_ownFiles; // in memory, when there is no folder
    FileSystem& m_files;
    Random& m_random;
    std::unique_ptr<storage::Engine> m_engine;
    PlacedReader m_reader; // of the engine, for everybody but this class
    std::unique_ptr<SegmentLog> m_log;
    merkle::Forest m_forest;
    bool m_hasThreads = true;

    std::atomic<std::uint64_t> m_applied{0};
    std::atomic<std::uint64_t> m_lastShared{0};
    std::atomic<std::uint64_t> m_lastReplicated{0};
    std::atomic<std::uint64_t> m_epoch{0};
    std::atomic<std::uint64_t> m_commitCount{0};
    std::atomic<std::uint64_t> m_groupCount{0};
    std::atomic<std::uint64_t> m_syncNs{0};
    std::atomic<std::uint64_t> m_bytesSinceCheckpoint{0};
    std::string m_troubleNoted; // of maintain(), which is one thread's at a time
    RecordTail m_tail;
    std::atomic<bool> m_hasSlots{false}; // only then is there anybody to keep the tail for
    mutable std::atomic<std::uint64_t> m_tailHits{0};
    mutable std::atomic<std::uint64_t> m_tailMisses{0};

    // The committer's own
    RecentWrites m_recent;
    std::string m_group;
    std::vector<Accepted> m_accepted;
    storage::Batch m_batch;
    std::size_t m_batchBytesPeak = 0; // since its buffer was released
    std::vector<merkle::Forest::Change> m_changes;
    bool m_isEngineFailed = false;
    bool m_isLogCut = false; // the log can continue only in a fresh segment
    std::uint32_t m_tag = 0;

    mutable Mutex m_queueMutex; // leaf lock
    Condition m_queueChanged;
    Condition m_actionDone;
    std::vector<Request> m_queue CORE_GUARDED_BY(m_queueMutex);
    std::uint64_t m_queueBytes CORE_GUARDED_BY(m_queueMutex) = 0;
    Actions m_actions CORE_GUARDED_BY(m_queueMutex);
    bool m_isStopping CORE_GUARDED_BY(m_queueMutex) = false;

    mutable Mutex m_subscribersMutex; // leaf lock; held while subscribers are called
    std::vector<SubscriptionHandle*> m_subscribers CORE_GUARDED_BY(m_subscribersMutex);

    const std::shared_ptr<KeySubscribers> m_keySubscribers = std::make_shared<KeySubscribers>();

    mutable Mutex m_maintenanceMutex; // leaf lock
    Condition m_maintenanceDue;
    bool m_isMaintenanceDue CORE_GUARDED_BY(m_maintenanceMutex) = false;
    bool m_isMaintenanceStopping CORE_GUARDED_BY(m_maintenanceMutex) = false;
    std::optional<Error> m_failure CORE_GUARDED_BY(m_maintenanceMutex); // set: no commits
    std::map<std::string, LogIndex, std::less<>> m_slots CORE_GUARDED_BY(m_maintenanceMutex);
    mutable bool m_isFileDue CORE_GUARDED_BY(m_maintenanceMutex) = false; // a slot or the epoch has changed

    mutable Mutex m_checkpointMutex;                                    // before the others; held while rows are written
    mutable Checkpoint m_checkpoint CORE_GUARDED_BY(m_checkpointMutex); // as the file says
    mutable LogIndex m_rowsIndex CORE_GUARDED_BY(m_checkpointMutex);
    std::string m_horizonNoted CORE_GUARDED_BY(m_checkpointMutex); // the slot that was last warned of

    Thread m_committer;
    Thread m_maintainer;
};

} // namespace core::log
