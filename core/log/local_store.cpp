#include "core/log/local_store.h"

#include "core/base/logging.h"
#include "core/base/memory_wait.h"
#include "core/log/memory_file_system.h"
#include "core/merkle/leaf_rows.h"

#include <algorithm>

namespace core::log {

namespace {

constexpr std::chrono::seconds kRetryDelay{1};
constexpr std::size_t kRowBatchBytesMax = 256u << 10;
constexpr std::size_t kReadReserveMax = 1u << 20;
constexpr std::uint64_t kQueueBytesMax = 256u << 20;
constexpr std::uint64_t kMemorySegmentBytes = 1u << 20;
constexpr std::uint64_t kMemoryRetentionBytes = 16u << 20;

/// Runs tasks at once on the calling thread. For commitAndWait(), where the task only wakes the thread that waits.
class InlineExecutor final : public Executor {
public:
    void post(Task task) override { task(); }
};

} // namespace

Result<std::unique_ptr<Store>> Store::open(std::unique_ptr<storage::Engine> engine, FileSystem& files, const Clock& clock, Random& random,
                                           Options options)
{
    std::unique_ptr<FileSystem> own;
    if (options.directory.empty()) {
        own = std::make_unique<MemoryFileSystem>();
        options.directory = "log";
        options.segmentBytes = std::min(options.segmentBytes, kMemorySegmentBytes);
        options.retentionBytes = std::min(options.retentionBytes, kMemoryRetentionBytes);
    }
    FileSystem& used = own ? *own : files;
    auto store = std::make_unique<LocalStore>(std::move(engine), std::move(own), used, random, std::move(options));
    if (auto started = store->start(clock); !started) return std::move(started).error();
    return std::unique_ptr<Store>{std::move(store)};
}

LocalStore::LocalStore(std::unique_ptr<storage::Engine> engine, std::unique_ptr<FileSystem> ownFiles, FileSystem& files, Random& random,
                       Options options)
    : m_options{std::move(options)}
    , m_ownFiles{std::move(ownFiles)}
    , m_files{files}
    , m_random{random}
    , m_engine{std::move(engine)}
    , m_reader{*m_engine}
    , m_tail{m_options.tailCountMax, m_options.tailBytesMax}
{}

LocalStore::~LocalStore()
{
    stop();
}

Result<> LocalStore::start(const Clock& clock)
{
    if (auto loaded = loadState(clock); !loaded) return loaded;
    m_committer = Thread{"committer", Thread::OnFailure::RunAgain, [this] { commitLoop(); }};
    m_maintainer = Thread{"maintainer", Thread::OnFailure::RunAgain, [this] {
                              const MemoryWait wait;
                              maintenanceLoop();
                          }};
    return {};
}

Result<> LocalStore::startWithoutThreads(const Clock& clock)
{
    m_hasThreads = false;
    return loadState(clock);
}

void LocalStore::commit(Transaction transaction, Executor& executor, Completion done)
{
    auto request = encode(std::move(transaction));
    if (request) return enqueue(std::move(*request), executor, std::move(done));
    executor.post([done = std::move(done), error = std::move(request).error()]() mutable { done(std::move(error)); });
}

void LocalStore::enqueue(Request request, Executor& executor, Completion done)
{
    auto refuse = [&](Error error) { executor.post([done = std::move(done), error = std::move(error)]() mutable { done(std::move(error)); }); };
    bool isStopping = false;
    bool isFull = false;
    {
        MutexLock lock{m_queueMutex};
        isStopping = m_isStopping;
        isFull = m_queueBytes > kQueueBytesMax;
        if (!isStopping && !isFull) {
            request.executor = &executor;
            request.done = std::move(done);
            m_queueBytes += request.operations.bytes().size();
            m_queue.push_back(std::move(request));
            if (m_queue.size() > 1) return; // the committer is awake: the first request in the queue woke it
        }
    }
    if (isStopping) return refuse({ErrorCode::Unavailable, "the store is stopping"});
    if (isFull) return refuse({ErrorCode::Unavailable, "too many commits are waiting"});
    m_queueChanged.notifyOne();
}

Result<LogIndex> LocalStore::commitAndWait(Transaction transaction)
{
    auto request = encode(std::move(transaction));
    if (!request) return std::move(request).error();
    return enqueueAndWait(std::move(*request));
}

Result<LogIndex> LocalStore::enqueueAndWait(Request request)
{
    // This thread waits below, so the completion can run on the committer's thread: it only stores the outcome.
    static InlineExecutor executor;
    Mutex mutex;
    Condition changed;
    std::optional<Result<LogIndex>> outcome;
    enqueue(std::move(request), executor, [&](Result<LogIndex> result) {
        MutexLock lock{mutex};
        outcome = std::move(result);
        changed.notifyOne();
    });
    if (!m_hasThreads) runQueued();
    MutexLock lock{mutex};
    while (!outcome) changed.wait(mutex);
    return std::move(*outcome);
}

Result<> LocalStore::runOnCommitter(Action action)
{
    std::optional<Result<>> outcome;
    {
        MutexLock lock{m_queueMutex};
        if (m_isStopping) return Error{ErrorCode::Unavailable, "the store is stopping"};
        // Pointers to this stack frame are safe: the function returns only after the committer has set `outcome`.
        m_actions.emplace_back(&action, &outcome);
        m_queueChanged.notifyOne();
    }
    if (!m_hasThreads) runQueued();
    MutexLock lock{m_queueMutex};
    while (!outcome) m_actionDone.wait(m_queueMutex);
    return std::move(*outcome);
}

Result<> LocalStore::betweenGroups(const std::function<void()>& look)
{
    return runOnCommitter([&look]() -> Result<> {
        look();
        return {};
    });
}

Result<> LocalStore::sumUpForest(std::string_view tree)
{
    return betweenGroups([this, tree] { m_forest.sumUp(tree); });
}

Result<std::vector<SharedRecord>> LocalStore::read(LogIndex from, std::size_t bytesMax) const
{
    std::vector<SharedRecord> records;
    const LogIndex applied = appliedIndex();
    if (from > applied) return records;
    // A link that keeps up finds its records here, without reading a file.
    if (auto recent = m_tail.read(from, applied, bytesMax)) {
        m_tailHits.fetch_add(1, std::memory_order_relaxed);
        return std::move(*recent);
    }
    m_tailMisses.fetch_add(1, std::memory_order_relaxed);
    if (from < oldestIndex()) return Error{ErrorCode::NotFound, "the log does not reach back to index " + toString(from)};
    auto owner = std::make_shared<std::string>(); // one piece of memory for all records
    owner->reserve(std::min(bytesMax, kReadReserveMax) + kReadReserveMax / 16);
    std::vector<std::size_t> ends;
    const Error enough{ErrorCode::Cancelled, {}};
    const auto visited = m_log->forEach(from, applied, [&](const RecordView& record) -> Result<> {
        owner->append(record.bytes());
        ends.push_back(owner->size());
        if (owner->size() >= bytesMax) return enough;
        return {};
    });
    if (!visited && visited.error().code != ErrorCode::Cancelled) return visited.error();
    records.reserve(ends.size());
    for (std::size_t begin = 0; const std::size_t end : ends) {
        records.push_back({owner, std::string_view{*owner}.substr(begin, end - begin)});
        begin = end;
    }
    return records;
}

class LocalStore::SubscriptionHandle final : public Subscription {
public:
    SubscriptionHandle(LocalStore& store, std::function<void(LogIndex)> notify) : m_store{store}, m_notify{std::move(notify)}
    {
        MutexLock lock{m_store.m_subscribersMutex};
        m_store.m_subscribers.push_back(this);
    }
    ~SubscriptionHandle() override
    {
        MutexLock lock{m_store.m_subscribersMutex};
        std::erase(m_store.m_subscribers, this);
    }
    void notify(LogIndex applied) const { m_notify(applied); }

private:
    LocalStore& m_store;
    std::function<void(LogIndex)> m_notify;
};

std::unique_ptr<Store::Subscription> LocalStore::subscribe(std::function<void(LogIndex)> notify)
{
    return std::make_unique<SubscriptionHandle>(*this, std::move(notify));
}

void LocalStore::publish(LogIndex applied)
{
    // Subscribers read the store, so the index must be visible before they are called.
    m_applied.store(applied.value(), std::memory_order_release);
    MutexLock lock{m_subscribersMutex};
    for (const auto* subscriber : m_subscribers) subscriber->notify(applied);
}

void LocalStore::setEpoch(Epoch epoch)
{
    if (m_epoch.exchange(epoch.value(), std::memory_order_acq_rel) == epoch.value()) return;
    MutexLock lock{m_maintenanceMutex};
    m_isFileDue = m_isMaintenanceDue = true;
    m_maintenanceDue.notifyOne();
}

void LocalStore::setSlot(std::string_view name, LogIndex from)
{
    // From now on the committer keeps the newest records in memory: there is a link that will ask for them.
    m_hasSlots.store(true, std::memory_order_release);
    MutexLock lock{m_maintenanceMutex};
    const auto at = m_slots.find(name);
    if (at != m_slots.end()) {
        at->second = from; // written with the next checkpoint; until then the old slot keeps more records
        return;
    }
    m_slots.emplace(name, from);
    m_isFileDue = m_isMaintenanceDue = true;
    m_maintenanceDue.notifyOne();
}

void LocalStore::eraseSlot(std::string_view name)
{
    MutexLock lock{m_maintenanceMutex};
    const auto at = m_slots.find(name);
    if (at == m_slots.end()) return;
    m_slots.erase(at);
    m_hasSlots.store(!m_slots.empty(), std::memory_order_release);
    m_isFileDue = m_isMaintenanceDue = true;
    m_maintenanceDue.notifyOne();
}

LogIndex LocalStore::claimedIndex() const
{
    MutexLock lock{m_maintenanceMutex};
    LogIndex claimed{std::numeric_limits<std::uint64_t>::max()};
    for (const auto& [name, from] : m_slots) claimed = std::min(claimed, from);
    return claimed;
}

Result<std::optional<std::string>> LocalStore::keyOf(std::string_view tree, const merkle::KeyHash& hash) const
{
    std::optional<std::string> none;
    // Leaf rows are written only at checkpoints. A leaf that changed after the last checkpoint is in the forest and has no row yet.
    if (!m_forest.find(tree, hash)) return none;
    auto key = merkle::keyOfLeafRow(*m_engine, tree, hash);
    if (!key || *key) return key;

    MutexLock lock{m_checkpointMutex};
    const auto caughtUp = catchUpRows();
    if (!caughtUp) { // for example no room on the disk; then look in the log
        key = keyInLog(tree, hash);
    } else {
        key = merkle::keyOfLeafRow(*m_engine, tree, hash);
    }
    if (!key || *key) return key;
    if (!m_forest.find(tree, hash)) return none; // the key was erased since the first look
    if (!caughtUp) return caughtUp.error();
    return Error{ErrorCode::Corrupt, "a leaf of tree " + std::string{tree} + " has no row"};
}

/// Finds the key of a leaf in the records that have no leaf rows yet.
Result<std::optional<std::string>> LocalStore::keyInLog(std::string_view tree, const merkle::KeyHash& hash) const
{
    std::optional<std::string> found;
    auto visited = m_log->forEach(m_rowsIndex.next(), appliedIndex(), [&](const RecordView& record) -> Result<> {
        record.forEach([&](const OperationView& operation) {
            if (operation.keyHash == hash && merkle::treeOf(operation.key) == tree) found = operation.key;
        });
        return {};
    });
    if (!visited) return std::move(visited).error();
    return found;
}

/// Reads the log and writes the rows of the leaves that changed since the last time.
Result<> LocalStore::catchUpRows() const
{
    const auto state = m_forest.state({});
    if (state.index <= m_rowsIndex) return {};
    // The checkpoint must announce the rows before any of them is written. Otherwise:
    // 1. Some new rows reach the disk, and others do not.
    // 2. The power fails. The checkpoint still says that the rows are those of the old index.
    // 3. Recovery cannot tell rows that are ahead from rows that are lost.
    // So the file first says up to which index rows can be ahead, and what the forest is there. verifyForest() compares after the redo.
    Checkpoint announced = m_checkpoint;
    announced.rowsUpTo = state.index;
    announced.trees = state.trees;
    if (auto written = writeCheckpoint(m_files, m_options.directory, announced); !written) return written;
    m_checkpoint = std::move(announced);

    storage::Batch batch;
    auto redone = m_log->forEach(m_rowsIndex.next(), state.index, [&](const RecordView& record) -> Result<> {
        if (record.replacesContents()) {
            batch.clear();
            if (auto erased = merkle::eraseLeafRows(*m_engine); !erased) return erased;
        }
        record.forEach([&](const OperationView& operation) {
            const auto tree = merkle::treeOf(operation.key);
            if (tree.empty()) return;
            if (operation.kind == OperationKind::Put) {
                merkle::putLeafRow(batch, tree, operation.keyHash, operation.leafDigest, operation.key);
            } else {
                merkle::eraseLeafRow(batch, tree, operation.keyHash);
            }
        });
        if (batch.bytes() < kRowBatchBytesMax) return {};
        auto applied = m_engine->apply(batch);
        batch.clear();
        return applied;
    });
    if (redone && !batch.empty()) redone = m_engine->apply(batch);
    if (redone) m_rowsIndex = state.index;
    return redone;
}

Result<> LocalStore::writeCheckpointFile(LogIndex durable) const
{
    Checkpoint next = m_checkpoint;
    next.durable = durable;
    next.logId = m_log->logId();
    next.epoch = Epoch{m_epoch.load(std::memory_order_acquire)};
    next.lastShared = lastSharedIndex();
    next.lastReplicated = lastReplicatedIndex();
    {
        MutexLock lock{m_maintenanceMutex};
        next.slotIndexes = m_slots;
        m_isFileDue = false;
    }
    if (auto written = writeCheckpoint(m_files, m_options.directory, next); !written) {
        MutexLock lock{m_maintenanceMutex};
        m_isFileDue = true;
        return written;
    }
    m_checkpoint = std::move(next);
    return {};
}

bool LocalStore::isFileDue() const
{
    MutexLock lock{m_maintenanceMutex};
    return m_isFileDue;
}

Result<> LocalStore::checkpoint()
{
    MutexLock lock{m_checkpointMutex};
    m_bytesSinceCheckpoint.store(0, std::memory_order_relaxed);
    if (auto caughtUp = catchUpRows(); !caughtUp) return caughtUp;
    const LogIndex upTo = m_rowsIndex;
    if (upTo > m_checkpoint.durable) {
        storage::Batch state;
        std::string value = m_log->logId();
        appendBigEndian(value, upTo.value());
        state.put(kEngineStateKey, value);
        // The flush must come before the checkpoint file: the file promises that the engine has everything up to `upTo` on disk.
        if (auto applied = m_engine->apply(state); !applied) return applied;
        if (auto flushed = m_engine->flush(); !flushed) return flushed;
    }
    if (upTo > m_checkpoint.durable || isFileDue()) {
        if (auto written = writeCheckpointFile(upTo); !written) return written;
    }
    noteHorizon();
    // Segments go last. A crash before this line only leaves segments that are no longer needed.
    m_log->drop(upTo, claimedIndex());
    return {};
}

/// Warns once for each slot that comes near the end of the log, while an operator can still do something about it.
void LocalStore::noteHorizon()
{
    const auto oldest = m_log->oldestIndex().value();
    const auto length = appliedIndex().value() - std::min(oldest, appliedIndex().value());
    const bool isNearlyFull = m_log->bytes() >= m_options.retentionBytes / 5 * 4;
    std::string slot;
    {
        MutexLock lock{m_maintenanceMutex};
        for (const auto& [name, from] : m_slots) {
            if (isNearlyFull && from.value() >= oldest && from.value() <= oldest + length / 5) slot = name;
        }
    }
    if (!slot.empty() && slot != m_horizonNoted) {
        logging::warn("log",
                      "a secondary is so far behind that the log will soon drop records that it needs; it must then compare all its data "
                      "(log_retention_size and log_retention_time in the replication stanza set how much the log keeps)",
                      {{"slot", slot}, {"bytes", std::to_string(m_log->bytes())}, {"bytes_max", std::to_string(m_options.retentionBytes)}});
    }
    m_horizonNoted = std::move(slot);
}

void LocalStore::wakeMaintenance()
{
    MutexLock lock{m_maintenanceMutex};
    m_isMaintenanceDue = true;
    m_maintenanceDue.notifyOne();
}

void LocalStore::maintenanceLoop()
{
    auto checkpointAt = std::chrono::steady_clock::now() + m_options.checkpointInterval;
    bool hasTrouble = false; // a segment or a checkpoint failed: retry after a second
    for (;;) {
        {
            MutexLock lock{m_maintenanceMutex};
            auto until = m_failure || hasTrouble ? std::chrono::steady_clock::now() + kRetryDelay : checkpointAt;
            while (!m_isMaintenanceStopping && !m_isMaintenanceDue && m_maintenanceDue.waitUntil(m_maintenanceMutex, until)) {}
            if (m_isMaintenanceStopping) return;
        }
        const bool isCheckpointDue = std::chrono::steady_clock::now() >= checkpointAt;
        hasTrouble = !maintain(isCheckpointDue);
        if (isCheckpointDue && !hasTrouble) checkpointAt = std::chrono::steady_clock::now() + m_options.checkpointInterval;
    }
}

bool LocalStore::maintain(bool isCheckpointDue)
{
    bool isFailed = false;
    {
        MutexLock lock{m_maintenanceMutex};
        m_isMaintenanceDue = false;
        isFailed = m_failure.has_value();
    }
    bool hasTrouble = false;
    const auto attempt = [&](std::string_view what, const Result<>& result) {
        if (result) return;
        hasTrouble = true;
        auto text = toString(result.error());
        if (text == m_troubleNoted) return; // already logged; the same attempt fails every second
        logging::warn("log", what, {{"error", text}});
        m_troubleNoted = std::move(text);
    };
    if (isFailed) {
        attempt("the store does not take writes yet", recover());
        if (hasTrouble) return false;
    }
    if (!m_log->isPrepared()) attempt("the next log segment could not be prepared", m_log->prepare());
    if (isFileDue()) {
        MutexLock lock{m_checkpointMutex};
        attempt("the slots and the epoch could not be written", writeCheckpointFile(m_checkpoint.durable));
    }
    if (isCheckpointDue || m_bytesSinceCheckpoint.load(std::memory_order_relaxed) >= m_options.checkpointBytes) {
        attempt("no checkpoint could be written", checkpoint());
    }
    if (!hasTrouble) m_troubleNoted.clear();
    return !hasTrouble;
}

// The maintainer stops first, because it waits for the committer in recover(). The committer then finishes what is queued.
void LocalStore::stop()
{
    {
        MutexLock lock{m_maintenanceMutex};
        m_isMaintenanceStopping = true;
        m_maintenanceDue.notifyOne();
    }
    if (m_maintainer.joinable()) m_maintainer.join();
    {
        MutexLock lock{m_queueMutex};
        m_isStopping = true;
        m_queueChanged.notifyOne();
    }
    if (!m_committer.joinable()) return;
    m_committer.join();
    {
        // After an error the engine and the log can differ; the next start recovers from the log.
        MutexLock lock{m_maintenanceMutex};
        if (m_failure) return;
    }
    if (auto written = checkpoint(); !written)
        logging::warn("log", "no checkpoint was written at shutdown; the next start reads more of the log", {{"error", toString(written.error())}});
}

Store::Statistics LocalStore::statistics() const
{
    Statistics statistics;
    statistics.commitCount = m_commitCount.load(std::memory_order_relaxed);
    statistics.groupCount = m_groupCount.load(std::memory_order_relaxed);
    statistics.syncTime = std::chrono::nanoseconds{m_syncNs.load(std::memory_order_relaxed)};
    statistics.logBytes = m_log->bytes();
    statistics.segmentCount = m_log->segmentCount();
    statistics.leafCount = m_forest.leafCount();
    statistics.forestBytes = m_forest.sizeBytes();
    statistics.tailHits = m_tailHits.load(std::memory_order_relaxed);
    statistics.tailMisses = m_tailMisses.load(std::memory_order_relaxed);
    statistics.tailCount = m_tail.count();
    statistics.tailBytes = m_tail.bytes();
    statistics.tailCountMax = m_options.tailCountMax;
    statistics.tailBytesMax = m_options.tailBytesMax;
    MutexLock lock{m_queueMutex};
    statistics.queuedCount = m_queue.size();
    return statistics;
}

} // namespace core::log
