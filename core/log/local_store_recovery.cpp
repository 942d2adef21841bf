#include "core/log/local_store.h"

#include "core/base/encoding.h"
#include "core/log/placement.h"
#include "core/merkle/leaf_rows.h"

namespace core::log {

namespace {

constexpr std::size_t kRedoBatchBytes = 1u << 20;

} // namespace

Result<> LocalStore::loadState(const Clock& clock)
{
    if (auto created = m_files.createDirectory(m_options.directory); !created) return created;
    auto found = readCheckpoint(m_files, m_options.directory);
    if (!found) return std::move(found).error();
    if (auto checked = checkEngine(*found); !checked) return checked;

    MutexLock lock{m_checkpointMutex};
    if (*found) {
        m_checkpoint = std::move(**found);
    } else {
        m_checkpoint.logId = toHex(m_random.bytes(16));
        if (auto written = writeCheckpoint(m_files, m_options.directory, m_checkpoint); !written) return written;
    }
    m_rowsIndex = m_checkpoint.durable;
    m_epoch = m_checkpoint.epoch.value();
    m_lastShared = m_checkpoint.lastShared.value();
    m_lastReplicated = m_checkpoint.lastReplicated.value();
    {
        MutexLock slots{m_maintenanceMutex};
        m_slots = m_checkpoint.slotIndexes;
        m_hasSlots.store(!m_slots.empty(), std::memory_order_release);
    }

    SegmentLog::Options options;
    options.directory = m_options.directory;
    options.segmentBytes = m_options.segmentBytes;
    options.isPrewritten = m_ownFiles == nullptr;
    options.retentionBytes = m_options.retentionBytes;
    options.retentionAge = m_options.retentionAge;
    options.unclaimedBytes = m_options.unclaimedBytes;
    auto log = SegmentLog::open(m_files, clock, std::move(options), m_checkpoint.durable, m_checkpoint.logId);
    if (!log) return std::move(log).error();
    m_log = std::move(*log);
    // A checkpoint promises records up to rowsUpTo. A log that ends before it has lost its end, for example when old segment files were copied back.
    if (m_log->lastIndex() < m_checkpoint.rowsUpTo) {
        return Error{ErrorCode::Corrupt, m_options.directory.string() + ": the log ends at " + toString(m_log->lastIndex()) +
                                             ", before the checkpoint " + toString(m_checkpoint.rowsUpTo)};
    }
    if (auto checked = checkLogEnd(); !checked) return checked;
    // The epoch can be newer in the log than in the checkpoint, if the crash came between a change of the epoch and the next checkpoint.
    m_epoch = std::max(m_epoch.load(), m_log->lastEpoch().value());

    const auto placed = placedIndex();
    if (!placed) return placed.error();
    if (placed->value() == 0) { // after a placement, the rows can be those of the new contents or of a part of them
        if (auto loaded = merkle::loadLeafRows(*m_engine, m_forest, m_checkpoint.durable); !loaded) return loaded;
    }
    if (auto redone = redo(*placed); !redone) return redone;
    // Removes the rows of a restore that did not finish. The redo above may have written them again.
    if (auto erased = eraseStaged(*m_engine, kStagedPrefix); !erased) return erased;
    m_applied = m_log->lastIndex().value();
    m_forest.apply({}, m_log->lastIndex());
    m_recent.reset(m_log->lastIndex());
    return {};
}

/// Checks that the engine and the log belong together.
Result<> LocalStore::checkEngine(const std::optional<Checkpoint>& found) const
{
    const auto state = m_engine->get(kEngineStateKey);
    if (!state) return state.error();
    const auto folder = m_options.directory.string();
    // Without a checkpoint the store must be new. Data or segments without one mean that somebody deleted the file; starting a new log here would
    // lose them.
    if (!found) {
        bool isEmpty = true;
        auto scanned = m_engine->scan({}, {}, [&](std::string_view, std::string_view) { return isEmpty = false; });
        if (!scanned) return scanned;
        if (!isEmpty) return Error{ErrorCode::Corrupt, folder + ": the checkpoint is missing, though the storage holds data"};
        const auto names = m_files.list(m_options.directory);
        if (!names) return names.error();
        for (const auto& name : *names) {
            if (segmentSequence(name))
                return Error{ErrorCode::Corrupt, folder + ": the checkpoint is missing, though there is a log segment " + name};
        }
        return {};
    }
    if (found->durable.value() == 0) return {};
    const auto digits = found->logId.size();
    if (!*state || (*state)->size() != digits + sizeof(std::uint64_t)) {
        return Error{ErrorCode::Corrupt, "the storage does not belong to the checkpoint in " + folder};
    }
    const LogIndex index{readBigEndian<std::uint64_t>(std::string_view{**state}.substr(digits))};
    if (index < found->durable) {
        return Error{ErrorCode::Corrupt,
                     "the storage is at index " + toString(index) + ", older than the checkpoint " + toString(found->durable) + " in " + folder};
    }
    return {};
}

/// The engine gets a group only after the log has it on disk. If the engine is at a higher index, the end of the log is lost.
Result<> LocalStore::checkLogEnd() const
{
    const auto applied = m_engine->get(kEngineAppliedKey);
    if (!applied) return applied.error();
    if (!*applied || (*applied)->size() != sizeof(std::uint64_t)) return {};
    const LogIndex index{readLittleEndian<std::uint64_t>(**applied)};
    if (index <= m_log->lastIndex()) return {};
    return Error{ErrorCode::Corrupt, m_options.directory.string() + ": the log ends at index " + toString(m_log->lastIndex()) +
                                         ", but the storage is at index " + toString(index)};
}

/// The index of a placement behind the checkpoint that the engine has begun, or 0. Records before it must not be redone in the engine: the staged
/// rows that were already moved would come back, and old contents would appear among the new ones.
Result<LogIndex> LocalStore::placedIndex() const
{
    const auto mark = PlacementMark::read(*m_engine);
    if (!mark) return mark.error();
    if (!*mark || (*mark)->index <= m_checkpoint.durable) return LogIndex{};
    if ((*mark)->index > m_log->lastIndex()) {
        return Error{ErrorCode::Corrupt, m_options.directory.string() + ": the log ends at index " + toString(m_log->lastIndex()) +
                                             ", but the storage has begun to replace its contents at index " + toString((*mark)->index)};
    }
    return (*mark)->index;
}

/// Redoes the log from the checkpoint to its end, in the engine and the forest. Operations that the engine already has are applied again, which
/// changes nothing. Records before `placed` are not redone; see placedIndex().
Result<> LocalStore::redo(LogIndex placed)
{
    const Checkpoint expected = m_checkpoint;
    // No rows are ahead: the forest that was just loaded must already be the checkpoint's.
    if (expected.rowsUpTo == expected.durable && placed.value() == 0) {
        if (auto verified = verifyForest(expected); !verified) return verified;
    }
    m_batch.clear();
    auto redone =
        m_log->forEach(expected.durable.next(), m_log->lastIndex(), [&](const RecordView& record) CORE_REQUIRES(m_checkpointMutex) -> Result<> {
            noteRecord(record);
            if (record.index() < placed) return {};
            if (record.replacesContents()) {
                if (auto replaced = redoReplacement(record, placed); !replaced) return replaced;
            } else {
                m_changes.clear();
                record.forEach([&](const OperationView& operation) {
                    const bool isPut = operation.kind == OperationKind::Put;
                    if (isPut) {
                        m_batch.put(operation.key, operation.value);
                    } else {
                        m_batch.erase(operation.key);
                    }
                    const auto tree = merkle::treeOf(operation.key);
                    if (tree.empty()) return;
                    m_changes.push_back({tree, operation.keyHash, isPut ? std::optional{operation.leafDigest} : std::nullopt});
                });
                m_forest.apply(m_changes, record.index());
            }
            if (record.index() == expected.rowsUpTo) {
                if (auto verified = verifyForest(expected); !verified) return verified;
            }
            m_bytesSinceCheckpoint += record.bytes().size();
            if (m_batch.bytes() < kRedoBatchBytes) return {};
            auto applied = m_engine->apply(m_batch);
            m_batch.clear();
            return applied;
        });
    if (!redone) return redone;
    std::string applied;
    appendLittleEndian(applied, m_log->lastIndex().value());
    // In the last batch, so that the engine never claims an index whose data it does not have.
    if (m_log->lastIndex() > expected.durable) m_batch.put(kEngineAppliedKey, applied);
    if (!m_batch.empty()) {
        if (auto done = m_engine->apply(m_batch); !done) return done;
    }
    m_batch = {};
    return {};
}

Result<> LocalStore::redoReplacement(const RecordView& record, LogIndex placed)
{
    // The batch holds operations from before the replacement. They must be in the engine first, or they would be applied to the new contents.
    if (!m_batch.empty()) {
        if (auto applied = m_engine->apply(m_batch); !applied) return applied;
        m_batch.clear();
    }
    if (!placesStaged(record)) return applyReplacement(record);
    if (record.index() != placed) { // not begun yet: first write the rows of the classes that stay
        if (auto caughtUp = catchUpRows(); !caughtUp) return caughtUp;
    }
    return applyPlacement(record);
}

/// At rowsUpTo the forest must be what the checkpoint says. Otherwise leaf rows or records were lost, and the store must not start.
Result<> LocalStore::verifyForest(const Checkpoint& checkpoint) const
{
    const auto found = m_forest.state({}).trees;
    const auto& expected = checkpoint.trees;
    const auto describe = [](const merkle::Forest::TreeState& tree) { return tree.tree + " (" + std::to_string(tree.leafCount) + " leaves)"; };
    for (std::size_t at = 0; at < std::max(found.size(), expected.size()); ++at) {
        const bool isEqual = at < found.size() && at < expected.size() && found[at].tree == expected[at].tree &&
                             found[at].digest == expected[at].digest && found[at].leafCount == expected[at].leafCount;
        if (isEqual) continue;
        return Error{ErrorCode::Corrupt, "the leaf rows in the storage do not match the forest of the checkpoint in " + m_options.directory.string() +
                                             ": tree " + (at < found.size() ? describe(found[at]) : std::string{"none"}) + " instead of " +
                                             (at < expected.size() ? describe(expected[at]) : std::string{"none"})};
    }
    return {};
}

} // namespace core::log
