#include "core/log/local_store.h"

#include "core/base/logging.h"
#include "core/base/memory_wait.h"
#include "core/log/memory_file_system.h"
#include "core/merkle/leaf_rows.h"

#include <algorithm>

namespace core::log {

namespace {

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
    EncodedOperations operations;
    request.returnedTo = &operations;
    enqueue(std::move(request), executor, [&](Result<LogIndex> result) {
        MutexLock lock{mutex};
        outcome = std::move(result);
        changed.notifyOne();
    });
    if (!m_hasThreads) runQueued();
    {
        MutexLock lock{mutex};
        while (!outcome) changed.wait(mutex);
    }
    if (*outcome && !operations.isEmpty()) m_keySubscribers->publish(operations);
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

std::unique_ptr<Subscription> LocalStore::subscribe(std::function<void(LogIndex)> notify)
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
