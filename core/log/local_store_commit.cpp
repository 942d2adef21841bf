#include "core/log/local_store.h"

#include "core/base/encoding.h"
#include "core/base/logging.h"
#include "core/base/memory_wait.h"
#include "core/base/release.h"
#include "core/log/placement.h"

#include <algorithm>
#include <new>

namespace core::log {

namespace {

constexpr std::size_t kGroupBytesMax = 8u << 20;

/// A key needs a storage class. Shared and local values also need their leaf digest, or the forest would miss them on every member.
bool isValid(const OperationView& operation)
{
    const std::string_view key = operation.key;
    if (key.size() < 3 || key[1] != '/' || (key[0] != 's' && key[0] != 'l' && key[0] != 'i')) return false;
    if (operation.kind == OperationKind::Delete || key[0] == 'i') return true;
    return operation.leafDigest != merkle::LeafDigest{};
}

void addOperation(storage::Batch& batch, const OperationView& operation)
{
    if (operation.kind == OperationKind::Put) {
        batch.put(operation.key, operation.value);
    } else {
        batch.erase(operation.key);
    }
}

} // namespace

Result<LocalStore::Request> LocalStore::encode(Transaction transaction)
{
    std::size_t bytes = kRecordHeaderBytes + transaction.encoded().bytes().size();
    bool areValid = true;
    transaction.encoded().forEach([&](const OperationView& operation) { areValid = areValid && isValid(operation); });
    for (const auto& [key, operation] : transaction.writes()) {
        areValid = areValid && isValid(OperationView::of(operation));
        bytes += kOperationHeaderBytes + operation.key.size() + operation.value.size();
    }
    if (!areValid) return Error{ErrorCode::InvalidArgument, "a write to a key without a storage class, or without a leaf digest"};
    if (bytes > kRecordBytesMax) return Error{ErrorCode::TooLarge, "a transaction of " + std::to_string(bytes) + " bytes"};
    Request request;
    request.operations = std::move(transaction).takeEncoded();
    request.operations.reserve(bytes - kRecordHeaderBytes);
    for (const auto& [key, operation] : transaction.writes()) request.operations.append(OperationView::of(operation));
    request.readAt = transaction.readAt();
    request.reads = std::move(transaction).takeReads();
    return request;
}

void LocalStore::commitLoop()
{
    std::vector<Request> taken;
    Actions actions;
    for (;;) {
        {
            MutexLock lock{m_queueMutex};
            while (m_queue.empty() && m_actions.empty() && !m_isStopping) m_queueChanged.wait(m_queueMutex);
            if (m_queue.empty() && m_actions.empty()) return;
            taken.swap(m_queue);
            actions.swap(m_actions);
            m_queueBytes = 0;
        }
        commitTaken(taken, actions);
        releaseBuffers();
    }
}

/// Each group uses the buffers of the one before. After a large group they are released, unless more requests are waiting.
void LocalStore::releaseBuffers()
{
    constexpr std::size_t kKeptBytes = 2u << 20;
    if (m_group.capacity() <= kKeptBytes && m_batchBytesPeak <= kKeptBytes) return;
    {
        MutexLock lock{m_queueMutex};
        if (!m_queue.empty()) return;
    }
    release(m_group);
    m_batch.release();
    m_batchBytesPeak = 0;
}

void LocalStore::runQueued()
{
    CORE_ASSERT(!m_hasThreads);
    std::vector<Request> taken;
    Actions actions;
    {
        MutexLock lock{m_queueMutex};
        taken.swap(m_queue);
        actions.swap(m_actions);
        m_queueBytes = 0;
    }
    commitTaken(taken, actions);
}

void LocalStore::commitTaken(std::vector<Request>& taken, Actions& actions)
{
    for (std::size_t from = 0; from < taken.size();) {
        std::size_t bytes = 0;
        // A long queue becomes several groups, so that one sync does not cover more than kGroupBytesMax.
        std::size_t to = from;
        while (to < taken.size() && (to == from || bytes + taken[to].operations.bytes().size() <= kGroupBytesMax))
            bytes += taken[to++].operations.bytes().size();
        const auto group = std::span{taken}.subspan(from, to - from);
        commitGroup(group);
        const MemoryWait wait;
        answer(group);
        from = to;
    }
    taken.clear();
    // Actions run between two groups: no commit is half applied when they look at the store.
    for (const auto& [action, outcome] : actions) {
        const MemoryWait wait;
        Result<> result;
        try {
            result = (*action)();
        } catch (const std::exception& failure) { // the thread that waits for it must get an answer
            result = Error{ErrorCode::Internal, failure.what()};
        }
        MutexLock lock{m_queueMutex};
        *outcome = std::move(result);
        m_actionDone.notifyAll();
    }
    actions.clear();
}

void LocalStore::commitGroup(std::span<Request> requests)
{
    std::optional<Error> failure;
    {
        MutexLock lock{m_maintenanceMutex};
        failure = m_failure;
    }
    const LogIndex first = appliedIndex().next();
    bool hasMemory = true;
    try {
        buildGroup(requests, first, failure);
    } catch (const std::bad_alloc&) {
        hasMemory = false;
    }
    // From here on a failure would leave the log and the engine different. So this thread waits for memory as long as it takes.
    const MemoryWait wait;
    if (!hasMemory) return refuseGroup(requests, first);
    if (m_accepted.empty()) return;
    // The order matters:
    // 1. The log has the group on disk. From now on a crash keeps the group.
    // 2. The engine and the forest get it.
    // 3. The index is published and the requests are answered.
    // If the engine got it first, a crash could leave data in the engine that the log does not have, and no secondary would ever get it.
    if (auto written = writeGroup(first); !written) return fail(written.error(), first, m_isLogCut);
    const LogIndex last{first.value() + m_accepted.size() - 1};
    if (auto applied = applyGroup(last); !applied) {
        m_isEngineFailed = true;
        fail(applied.error(), first, true);
    }
}

/// Nothing of the group was written. The waiting requests release their memory with this answer, and that may be enough for the next group.
void LocalStore::refuseGroup(std::span<Request> requests, LogIndex first)
{
    logging::warn("log", "writes were refused: there is not enough memory", {{"count", std::to_string(requests.size())}});
    m_recent.removeFrom(first);
    m_accepted.clear();
    release(m_group);
    for (Request& request : requests)
        request.outcome = Error{ErrorCode::Unavailable, "the server does not have enough memory for this write now; try again"};
}

/// Does everything that can still be refused without harm. Throws std::bad_alloc if there is not enough memory for all that follows, which includes
/// the batch and the engine's own copies.
void LocalStore::buildGroup(std::span<Request> requests, LogIndex first, const std::optional<Error>& failure)
{
    constexpr std::chrono::milliseconds kMemoryWaitMax{500};
    constexpr std::size_t kLargeBytes = 256 * 1024;
    constexpr std::size_t kCopies = 5; // group, batch, LevelDB's own batch, its table in memory, the tail for secondaries
    const MemoryWait wait{kMemoryWaitMax};
    m_group.clear();
    m_accepted.clear();
    std::size_t bytes = 0;
    for (const Request& request : requests) bytes += request.operations.bytes().size() + kRecordHeaderBytes;
    if (bytes > kLargeBytes && !waitForMemory(kCopies * bytes, kMemoryWaitMax)) throw std::bad_alloc{};
    // Conflicts are checked and noted one request after the other, so two requests of one group conflict like any others.
    m_group.reserve(bytes);
    for (Request& request : requests) {
        if (failure) {
            request.outcome = *failure;
        } else if (m_recent.conflicts(request.readAt, request.reads)) {
            request.outcome = Error{ErrorCode::Conflict, "another transaction wrote a key that this one had read"};
        } else if (request.operations.isEmpty()) {
            request.outcome = appliedIndex();
        } else {
            const LogIndex index{first.value() + m_accepted.size()};
            const auto offset = m_group.size();
            m_group.append(kRecordHeaderBytes, '\0').append(request.operations.bytes());
            m_accepted.push_back({&request, offset, m_group.size() - offset});
            request.operations.forEach([&](const OperationView& operation) { m_recent.add(index, operation.key); });
            request.outcome = index;
        }
    }
}

Result<> LocalStore::writeGroup(LogIndex first)
{
    const auto tag = m_log->reserve(first, m_group.size());
    if (!tag) return tag.error();
    if (*tag != m_tag) wakeMaintenance(); // a new segment was taken: the maintainer prepares the next one
    m_tag = *tag;
    RecordHeader header;
    header.epoch = Epoch{m_epoch.load(std::memory_order_acquire)};
    header.segmentTag = *tag;
    for (std::uint32_t at = 0; at < m_accepted.size(); ++at) {
        const Accepted& accepted = m_accepted[at];
        header.index = LogIndex{first.value() + at};
        header.groupOffset = at;
        header.operationCount = static_cast<std::uint32_t>(accepted.request->operations.count());
        finishRecord(std::span{m_group}.subspan(accepted.offset, accepted.bytes), header);
    }
    const auto before = std::chrono::steady_clock::now();
    auto appended = m_log->append(m_group, first, LogIndex{first.value() + m_accepted.size() - 1});
    m_syncNs.fetch_add(static_cast<std::uint64_t>((std::chrono::steady_clock::now() - before).count()), std::memory_order_relaxed);
    m_isLogCut = !appended;
    return appended;
}

/// Applies the group, which the log has on disk, to the engine and the forest. Then it publishes the index.
Result<> LocalStore::applyGroup(LogIndex last)
{
    m_batch.clear();
    m_changes.clear();
    for (const Accepted& accepted : m_accepted) {
        const auto record = RecordView::ofTrusted(std::string_view{m_group}.substr(accepted.offset, accepted.bytes));
        record.forEach([&](const OperationView& operation) {
            addOperation(m_batch, operation);
            const auto tree = merkle::treeOf(operation.key);
            if (tree.empty()) return;
            m_changes.push_back({tree, operation.keyHash, operation.kind == OperationKind::Put ? std::optional{operation.leafDigest} : std::nullopt});
        });
    }
    // The index goes in the same batch as the data, so the engine always knows how far it is.
    char applied[sizeof(std::uint64_t)];
    const auto lastValue = last.value();
    std::memcpy(applied, &lastValue, sizeof applied);
    m_batch.put(kEngineAppliedKey, {applied, sizeof applied});
    m_batchBytesPeak = std::max(m_batchBytesPeak, m_batch.bytes());
    if (auto done = m_engine->apply(m_batch); !done) return done;

    for (const Accepted& accepted : m_accepted) {
        noteRecord(RecordView::ofTrusted(std::string_view{m_group}.substr(accepted.offset, accepted.bytes)));
    }
    // The index is published last: a thread that reads it must find the data in the engine and the leaves in the forest.
    m_forest.apply(m_changes, last);
    m_commitCount.fetch_add(m_accepted.size(), std::memory_order_relaxed);
    m_groupCount.fetch_add(1, std::memory_order_relaxed);
    keepTail(LogIndex{last.value() - m_accepted.size() + 1});
    publish(last);
    const auto bytes = m_group.size();
    const auto before = m_bytesSinceCheckpoint.fetch_add(bytes, std::memory_order_relaxed);
    if (before < m_options.checkpointBytes && before + bytes >= m_options.checkpointBytes) wakeMaintenance();
    return {};
}

void LocalStore::keepTail(LogIndex first)
{
    if (m_hasSlots.load(std::memory_order_acquire)) {
        m_tail.append(first, m_group);
    } else if (m_tail.count() > 0) {
        m_tail.clear();
    }
}

void LocalStore::noteRecord(const RecordView& record)
{
    bool isShared = false;
    bool isReplicated = false;
    record.forEach([&](const OperationView& operation) {
        isShared = isShared || operation.key.starts_with("s/");
        isReplicated = isReplicated || operation.key.starts_with("s/") || operation.key.starts_with("l/");
        if (!operation.key.starts_with(kStagedPrefix) || !record.replacesContents()) return;
        isShared = operation.value.find('s') != std::string_view::npos; // this record is a placement; its value names the replaced classes
        isReplicated = true;
    });
    const auto index = record.index().value();
    if (isShared && index > m_lastShared.load(std::memory_order_relaxed)) m_lastShared.store(index, std::memory_order_release);
    if (isReplicated && index > m_lastReplicated.load(std::memory_order_relaxed)) m_lastReplicated.store(index, std::memory_order_release);
}

/// The group that begins with `first` failed and must never count. No commits until recover() succeeds.
void LocalStore::fail(const Error& error, LogIndex first, bool isLogCut)
{
    logging::error("log", "the store refuses writes after an error", {{"error", toString(error)}});
    m_recent.removeFrom(first);
    for (const Accepted& accepted : m_accepted) accepted.request->outcome = error;
    m_isLogCut = isLogCut;
    // A failed sync can still leave the group on disk, and the next start would then find writes that were answered with an error. Cutting the end of
    // the log prevents that.
    if (isLogCut) {
        if (auto cut = m_log->cut(first); !cut) {
            logging::error("log", "the failed group could not be cut off the end of the log", {{"error", toString(cut.error())}});
        }
    }
    MutexLock lock{m_maintenanceMutex};
    m_failure = error;
    m_isMaintenanceDue = true;
    m_maintenanceDue.notifyOne();
}

void LocalStore::answer(std::span<Request> requests)
{
    // Posts one task for each executor. The task takes the requests with it, so that they are destroyed on their own thread. It can run when the store
    // is gone, so it shares the subscribers. The keys are read from the operations: no copy is made for the subscribers.
    for (auto from = requests.begin(); from != requests.end();) {
        Executor* executor = from->executor;
        const auto to = std::stable_partition(from, requests.end(), [&](const Request& request) { return request.executor == executor; });
        std::vector<Request> finished{std::make_move_iterator(from), std::make_move_iterator(to)};
        executor->post([finished = std::move(finished), subscribers = m_keySubscribers]() mutable {
            for (Request& request : finished) {
                if (request.returnedTo) *request.returnedTo = std::move(request.operations);
                else if (request.outcome && !request.operations.isEmpty()) subscribers->publish(request.operations);
                request.done(std::move(request.outcome));
            }
        });
        from = to;
    }
}

Result<> LocalStore::recover()
{
    {
        MutexLock lock{m_maintenanceMutex};
        if (!m_failure) return {};
    }
    return runOnCommitter([this] { return recoverOnCommitter(); });
}

Result<> LocalStore::recoverOnCommitter()
{
    if (m_isEngineFailed) {
        const bool isPending = isPlacementPending();
        if (isPending) m_reader.refuse(); // readers hold a snapshot, and the engine cannot be opened again while one exists
        if (auto recovered = m_engine->recover(); !recovered) return recovered;
        const auto value = m_engine->get(kEngineAppliedKey);
        if (!value) return value.error();
        const LogIndex applied{*value && (*value)->size() == 8 ? readLittleEndian<std::uint64_t>(**value) : 0};
        // Normally there is nothing to redo: an engine loses only the batch that failed. A placement is redone even if the engine has all of it,
        // because the forest can still be the old one.
        const LogIndex last = m_log->lastIndex();
        auto redone = m_log->forEach(isPending ? std::min(applied.next(), last) : applied.next(), last, [&](const RecordView& record) -> Result<> {
            if (placesStaged(record)) return resumePlacement(record);
            if (record.replacesContents()) return applyReplacement(record);
            m_batch.clear();
            record.forEach([&](const OperationView& operation) { addOperation(m_batch, operation); });
            return m_engine->apply(m_batch);
        });
        if (!redone) return redone;
        m_isEngineFailed = false;
        if (isPending) publishReplacement(m_log->lastIndex());
    }
    if (m_isLogCut) {
        // The fresh segment makes durable where the old one ends. Without it, records behind the cut could come back at the next start.
        if (auto started = m_log->startSegment(appliedIndex().next(), m_log->logId()); !started) return started;
        m_isLogCut = false;
    }
    if (auto prepared = m_log->prepare(); !prepared) return prepared;
    logging::info("log", "the store takes writes again");
    MutexLock lock{m_maintenanceMutex};
    m_failure.reset();
    return {};
}

Result<> LocalStore::replaceContents(const std::function<bool(std::string_view)>& isKept, std::vector<Operation> first)
{
    auto replaced = runOnCommitter([&] { return replaceOnCommitter(isKept, first); });
    if (!replaced) return replaced;
    // A checkpoint soon removes the leaf rows of the old contents. Until then recovery would repeat the whole replacement.
    if (auto written = checkpoint(); !written) {
        logging::warn("log", "no checkpoint was written after the contents were replaced", {{"error", toString(written.error())}});
    }
    return {};
}

Result<> LocalStore::replaceOnCommitter(const std::function<bool(std::string_view)>& isKept, const std::vector<Operation>& first)
{
    {
        MutexLock lock{m_maintenanceMutex};
        if (m_failure) return *m_failure;
    }
    // The record holds all of the new contents, so that recovery does not need `isKept`.
    m_group.assign(kRecordHeaderBytes, '\0');
    std::uint32_t count = 0;
    auto scanned = m_engine->scan("i/", storage::endOfPrefix("i/"), [&](std::string_view key, std::string_view value) {
        if (!isKept(key)) return true;
        appendOperation(m_group, {OperationKind::Put, key, value, {}, {}});
        ++count;
        return true;
    });
    if (!scanned) return scanned;
    for (const Operation& operation : first) appendOperation(m_group, OperationView::of(operation));
    count += static_cast<std::uint32_t>(first.size());
    if (m_group.size() > kReplacementBytesMax) return Error{ErrorCode::TooLarge, "new contents of " + std::to_string(m_group.size()) + " bytes"};

    const LogIndex index = appliedIndex().next();
    const std::string logIdBefore = m_log->logId();
    if (auto written = writeReplacement(index, count); !written) return written;
    const auto record = RecordView::ofTrusted(m_group);
    // If the engine fails here, the record must not count either; refuseReplacement() sees to that.
    if (auto applied = applyReplacement(record); !applied) {
        m_isEngineFailed = true;
        return refuseReplacement(applied.error(), index, logIdBefore, true);
    }
    noteRecord(record);
    m_group = {}; // may have become very large
    publishReplacement(index);
    return {};
}

/// Writes m_group to a segment with a new log id. It is one record of `count` operations that replaces the contents.
Result<> LocalStore::writeReplacement(LogIndex index, std::uint32_t count)
{
    const std::string logIdBefore = m_log->logId();
    m_accepted.clear();
    if (auto started = m_log->startSegment(index, toHex(m_random.bytes(16))); !started) {
        return refuseReplacement(started.error(), index, logIdBefore, false);
    }
    const auto tag = m_log->reserve(index, m_group.size());
    if (!tag) return refuseReplacement(tag.error(), index, logIdBefore, false);
    RecordHeader header;
    header.index = index;
    header.epoch = Epoch{m_epoch.load(std::memory_order_acquire)};
    header.operationCount = count;
    header.segmentTag = m_tag = *tag;
    header.replacesContents = true;
    finishRecord(m_group, header);
    if (auto appended = m_log->append(m_group, index, index); !appended) return refuseReplacement(appended.error(), index, logIdBefore, true);
    return {};
}

/// The replacement at `index` did not happen and must never happen. The log continues with the old id in a new segment.
Result<> LocalStore::refuseReplacement(const Error& error, LogIndex index, const std::string& logIdBefore, bool isLogCut)
{
    fail(error, index, isLogCut);
    m_isLogCut = true;
    if (auto started = m_log->startSegment(index, logIdBefore); started && !m_isEngineFailed) {
        m_isLogCut = false;
        MutexLock lock{m_maintenanceMutex};
        m_failure.reset();
    }
    return error;
}

/// Removes all old keys and puts the record's contents, in one batch, so that a reader sees either the old contents or the new ones.
Result<> LocalStore::applyReplacement(const RecordView& record)
{
    m_batch.clear();
    for (const std::string_view prefix : {"s/", "l/", "i/"}) {
        auto scanned = m_engine->scan(prefix, storage::endOfPrefix(prefix), [&](std::string_view key, std::string_view) {
            m_batch.erase(key);
            return true;
        });
        if (!scanned) return scanned;
    }
    m_changes.clear();
    record.forEach([&](const OperationView& operation) {
        addOperation(m_batch, operation);
        const auto tree = merkle::treeOf(operation.key);
        if (!tree.empty() && operation.kind == OperationKind::Put) m_changes.push_back({tree, operation.keyHash, operation.leafDigest});
    });
    std::string applied;
    appendLittleEndian(applied, record.index().value());
    m_batch.put(kEngineAppliedKey, applied);
    if (auto done = m_engine->apply(m_batch); !done) return done;
    m_batch = {};
    m_forest.replace(m_changes, record.index());
    return {};
}

} // namespace core::log
