#include "core/log/local_store.h"

#include "core/base/encoding.h"
#include "core/base/logging.h"
#include "core/log/placement.h"
#include "core/log/staging.h"
#include "core/merkle/leaf_rows.h"

#include <utility>

// Contents are staged beside the present ones. One small record then puts them in place.

namespace core::log {
namespace {

constexpr std::size_t kStagedBytesMax = 4u << 20; // of one record
constexpr int kFinishTries = 3;

} // namespace

/// The staged rows of one restore.
class LocalStore::StagingArea final : public Staging {
public:
    explicit StagingArea(LocalStore& store) : m_store{store}, m_id{toHex(store.m_random.bytes(8))} {}
    ~StagingArea() override
    {
        if (m_isPlaced) return;
        if (auto erased = eraseStaged(*m_store.m_engine, prefix()); !erased) { // the next start removes them
            logging::warn("log", "staged contents could not be removed; the next start removes them", {{"error", toString(erased.error())}});
        }
    }

    Result<> add(Operation put) override
    {
        const bool isStaged = put.kind == OperationKind::Put && put.key.size() > 2 && put.key[1] == '/' && (put.key[0] == 's' || put.key[0] == 'l');
        if (!isStaged || put.leafDigest == merkle::LeafDigest{}) {
            return Error{ErrorCode::InvalidArgument, "a staged key outside the classes s/ and l/, or without a leaf digest"};
        }
        const auto value = stagedValue(put);
        const auto key = prefix() + put.key;
        if (key.size() + value.size() + kOperationHeaderBytes + kRecordHeaderBytes > kRecordBytesMax) {
            return Error{ErrorCode::TooLarge, "a value of " + std::to_string(value.size()) + " bytes"};
        }
        if (m_waiting.bytes().size() + key.size() + value.size() > kStagedBytesMax) { // a record has a maximum size
            if (auto committed = commit(); !committed) return committed;
        }
        m_waiting.append({OperationKind::Put, key, value, {}, {}});
        return {};
    }

    Result<> place(const Placing& placing) override
    {
        if (auto committed = commit(); !committed) return committed;
        auto placed = m_store.runOnCommitter([&] { return m_store.placeOnCommitter(prefix(), placing); });
        if (!placed) return placed;
        m_isPlaced = true;
        // The record is in the log, so the placement will happen. If the disk failed just now, recover() finishes it.
        for (int tries = 0; tries < kFinishTries && m_store.isPlacementPending(); ++tries) {
            if (auto recovered = m_store.recover(); !recovered) {
                logging::error("log", "the new contents could not be put in place yet; the store tries again",
                               {{"error", toString(recovered.error())}});
            }
        }
        if (m_store.isPlacementPending()) return {};
        if (auto written = m_store.checkpoint(); !written) { // until the next checkpoint, recovery would repeat the step
            logging::warn("log", "no checkpoint was written after the contents were replaced", {{"error", toString(written.error())}});
        }
        return {};
    }

private:
    std::string prefix() const { return std::string{kStagedPrefix} + m_id + "/"; }
    Result<> commit()
    {
        if (m_waiting.isEmpty()) return {};
        Request request;
        request.operations = std::exchange(m_waiting, {});
        request.readAt = m_store.appliedIndex(); // it reads nothing, but a replacement since then must refuse it
        auto committed = m_store.enqueueAndWait(std::move(request));
        if (!committed) return std::move(committed).error();
        return {};
    }

    LocalStore& m_store;
    const std::string m_id;
    EncodedOperations m_waiting;
    bool m_isPlaced = false;
};

Result<std::unique_ptr<Staging>> LocalStore::stage()
{
    return std::unique_ptr<Staging>{std::make_unique<StagingArea>(*this)};
}

Result<std::unique_ptr<Staging>> stageInto(Store& store)
{
    if (auto* const staging = dynamic_cast<StagingStore*>(&store)) return staging->stage();
    return Error{ErrorCode::Unsupported, "this store cannot stage contents"};
}

bool LocalStore::isPlacementPending() const
{
    return m_log->lastIndex() > appliedIndex();
}

/// Writes the record of a placement: the `i/` keys that stay, the rows of replaced classes that stay, and new rows. The staged rows themselves are
/// not in it.
Result<std::uint32_t> LocalStore::encodePlacing(const std::string& prefix, const Placing& placing)
{
    m_group.assign(kRecordHeaderBytes, '\0');
    appendOperation(m_group, {OperationKind::Put, prefix, placing.classes, {}, {}});
    std::uint32_t count = 1;
    auto scanned = m_engine->scan("i/", storage::endOfPrefix("i/"), [&](std::string_view key, std::string_view value) {
        if (!placing.isKept(key)) return true;
        appendOperation(m_group, {OperationKind::Put, key, value, {}, {}});
        ++count;
        return true;
    });
    if (!scanned) return std::move(scanned).error();
    for (const auto& [key, hash] : placing.present) {
        const auto value = m_engine->get(key);
        if (!value) return value.error();
        const auto digest = m_forest.find(merkle::treeOf(key), hash);
        if (!*value || !digest) continue;
        appendOperation(m_group, {OperationKind::Put, key, **value, hash, *digest});
        ++count;
    }
    for (const Operation& operation : placing.first) appendOperation(m_group, OperationView::of(operation));
    count += static_cast<std::uint32_t>(placing.first.size());
    if (m_group.size() > kRecordBytesMax) return Error{ErrorCode::TooLarge, "a placement of " + std::to_string(m_group.size()) + " bytes"};
    return count;
}

Result<> LocalStore::placeOnCommitter(const std::string& prefix, const Placing& placing)
{
    {
        MutexLock lock{m_maintenanceMutex};
        if (m_failure) return *m_failure;
    }
    MutexLock rows{m_checkpointMutex}; // no thread waits for the committer while it holds this mutex
    const auto count = encodePlacing(prefix, placing);
    if (!count) return count.error();
    if (auto caughtUp = catchUpRows(); !caughtUp) return caughtUp; // rows of the classes that stay
    const LogIndex index = appliedIndex().next();
    const std::string logIdBefore = m_log->logId();
    if (auto written = writeReplacement(index, *count); !written) return written;

    const std::string bytes = std::exchange(m_group, {});
    const auto record = RecordView::ofTrusted(bytes);
    // Before the mark is in the engine nothing has changed, so an error here can still be undone. After it the placement must be finished.
    if (auto begun = Placement{*m_engine, record}.begin(); !begun) { // nothing has been touched
        m_isEngineFailed = true;
        return refuseReplacement(begun.error(), index, logIdBefore, true);
    }
    // Readers are sent to a snapshot of the staged rows before the first old row is removed.
    m_reader.show(record);
    if (auto applied = applyPlacement(record); !applied) {
        logging::error("log", "the storage failed while new contents were put in place; the store finishes this when the storage works again",
                       {{"error", toString(applied.error())}});
        // The record stays in the log. Commits are refused from the next index on until recover() has finished the placement.
        m_isEngineFailed = true;
        fail(applied.error(), index.next(), false);
        return {};
    }
    publishReplacement(index);
    return {};
}

/// Replaces the old contents with the staged ones. In the log this has happened already. What an earlier attempt did is not repeated.
Result<> LocalStore::applyPlacement(const RecordView& record)
{
    Placement placement{*m_engine, record};
    auto done = placement.begin();
    if (done) done = placement.finish();
    // The order matters: the forest must be the new one before readers see the engine again, or a reader could find data and leaves that do not
    // match.
    if (!done) return done;
    if (auto loaded = replaceForest(record.index()); !loaded) return loaded;
    m_reader.direct();
    if (m_rowsIndex < record.index()) m_rowsIndex = record.index();
    if (m_checkpoint.rowsUpTo < record.index()) { // the rows are exactly those of the new contents
        m_checkpoint.rowsUpTo = record.index();
        m_checkpoint.trees = m_forest.state({}).trees;
    }
    noteRecord(record);
    return {};
}

/// Loads the forest again from the rows in the engine.
Result<> LocalStore::replaceForest(LogIndex index)
{
    merkle::Forest rows;
    if (auto loaded = merkle::loadLeafRows(*m_engine, rows, index); !loaded) return loaded;
    const auto state = rows.state({});
    std::vector<merkle::Forest::Change> changes;
    changes.reserve(static_cast<std::size_t>(rows.leafCount()));
    for (const auto& tree : state.trees) {
        for (const auto& leaf : rows.leaves(tree.tree, 1, 0)) changes.push_back({tree.tree, leaf.hash, leaf.digest});
    }
    m_forest.replace(changes, index);
    return {};
}

/// The engine was opened again after an error. Finishes the placement that had begun.
Result<> LocalStore::resumePlacement(const RecordView& record)
{
    MutexLock rows{m_checkpointMutex};
    return applyPlacement(record);
}

/// Publishes a record that replaced the contents, in a running store.
void LocalStore::publishReplacement(LogIndex index)
{
    m_tail.clear();
    m_recent.reset(index);
    publish(index);
    wakeMaintenance();
}

} // namespace core::log
