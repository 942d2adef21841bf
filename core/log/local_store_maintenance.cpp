#include "core/log/local_store.h"

#include "core/base/logging.h"
#include "core/merkle/leaf_rows.h"

#include <algorithm>

// Leaf rows, checkpoints, and the thread that writes them.

namespace core::log {

namespace {

constexpr std::chrono::seconds kRetryDelay{1};
constexpr std::size_t kRowBatchBytesMax = 256u << 10;

} // namespace

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
    // 3. Recovery cannot distinguish rows that are ahead from rows that are lost.
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

} // namespace core::log
