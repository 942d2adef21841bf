#include "core/log/placement.h"

#include "core/base/assert.h"
#include "core/base/bytes.h"
#include "core/base/encoding.h"
#include "core/log/local_store.h"
#include "core/merkle/leaf_rows.h"

#include <cstring>

namespace core::log {
namespace {

constexpr std::size_t kBatchBytesMax = 1u << 20;
constexpr std::size_t kLeafBytes = sizeof(merkle::KeyHash) + sizeof(merkle::LeafDigest);

/// Erases the keys of [from, to) for which `isErased` is true, in batches.
template<class IsErased>
Result<> eraseRange(storage::Engine& engine, std::string from, const std::string& to, IsErased&& isErased)
{
    for (;;) {
        std::string next; // where the batch after this one begins
        storage::Batch batch;
        auto scanned = engine.scan(from, to, [&](std::string_view key, std::string_view) {
            if (batch.bytes() >= kBatchBytesMax) {
                next = key;
                return false;
            }
            if (isErased(key)) batch.erase(key);
            return true;
        });
        if (!scanned) return scanned;
        if (!batch.empty()) {
            if (auto applied = engine.apply(batch); !applied) return applied;
        }
        if (next.empty()) return {};
        from = std::move(next);
    }
}

constexpr auto kEach = [](std::string_view) { return true; };

} // namespace

bool placesStaged(const RecordView& record)
{
    const auto operations = record.operationBytes();
    if (!record.replacesContents() || operations.empty()) return false;
    std::size_t at = 0;
    return readOperation(operations, at).key.starts_with(kStagedPrefix);
}

std::string stagedValue(const Operation& operation)
{
    std::string out;
    out.reserve(kLeafBytes + operation.value.size());
    out.append(reinterpret_cast<const char*>(operation.keyHash.data()), operation.keyHash.size());
    out.append(reinterpret_cast<const char*>(operation.leafDigest.data()), operation.leafDigest.size());
    return out.append(operation.value);
}

Result<std::optional<PlacementMark>> PlacementMark::read(const storage::Reader& engine)
{
    const auto row = engine.get(kPlacementKey);
    if (!row) return row.error();
    if (!*row) return std::optional<PlacementMark>{};
    const auto& bytes = **row;
    if (bytes.size() != sizeof(std::uint64_t) + 1 || bytes[8] < 1 || bytes[8] > 3) {
        return Error{ErrorCode::Corrupt, "the storage's row " + std::string{kPlacementKey} + " is damaged"};
    }
    return std::optional{PlacementMark{LogIndex{readLittleEndian<std::uint64_t>(bytes)}, static_cast<Phase>(bytes[8])}};
}

Placement::Placement(storage::Engine& engine, const RecordView& record) : m_engine{engine}, m_index{record.index()}
{
    record.forEach([this](const OperationView& operation) {
        if (m_prefix.empty()) { // the first operation says what is placed
            m_prefix = operation.key;
            m_classes = operation.value;
        } else {
            m_overrides.insert_or_assign(std::string{operation.key}, operation);
        }
    });
}

void Placement::putMark(storage::Batch& batch, PlacementMark::Phase phase) const
{
    std::string value;
    appendLittleEndian(value, m_index.value());
    value.push_back(static_cast<char>(phase));
    batch.put(kPlacementKey, value);
}

Result<> Placement::begin()
{
    const auto mark = PlacementMark::read(m_engine);
    if (!mark) return mark.error();
    if (*mark && (*mark)->index >= m_index) return {};
    // The mark must be in the engine before the first row is removed. Recovery decides by it whether older records can still be redone.
    storage::Batch batch;
    putMark(batch, PlacementMark::Phase::Begun);
    return m_engine.apply(batch);
}

Result<> Placement::finish()
{
    const auto mark = PlacementMark::read(m_engine);
    if (!mark) return mark.error();
    CORE_ASSERT(*mark && (*mark)->index >= m_index);
    if ((*mark)->index > m_index || (*mark)->phase == PlacementMark::Phase::Done) return {};
    if ((*mark)->phase == PlacementMark::Phase::Begun) {
        if (auto done = empty(); !done) return done;
    }
    if (auto done = move(); !done) return done;
    return complete();
}

/// Removes the contents of the replaced classes and their leaf rows. `i/` keys are removed with the last batch, in complete().
Result<> Placement::empty()
{
    for (const char name : m_classes) {
        const std::string prefix{name, '/'};
        if (auto done = eraseRange(m_engine, prefix, storage::endOfPrefix(prefix), kEach); !done) return done;
    }
    const std::string rows{merkle::kLeafRowPrefix};
    auto done = eraseRange(m_engine, rows, storage::endOfPrefix(rows), [&](std::string_view key) {
        const std::size_t treeAt = rows.size() + sizeof(std::uint16_t); // the first letter of a tree's name is its class
        return key.size() > treeAt && m_classes.find(key[treeAt]) != std::string::npos;
    });
    if (!done) return done;
    // After this mark, no attempt removes rows of the replaced classes again: they are the new ones from here on.
    storage::Batch batch;
    putMark(batch, PlacementMark::Phase::Emptied);
    return m_engine.apply(batch);
}

/// Each batch puts some staged rows in place and removes them from the staged ones. So after a crash, the staged rows that are left are exactly those
/// that still have to be moved.
Result<> Placement::move()
{
    std::string from = m_prefix;
    const std::string to = storage::endOfPrefix(m_prefix);
    for (;;) {
        std::string next;
        bool isDamaged = false;
        storage::Batch batch;
        auto scanned = m_engine.scan(from, to, [&](std::string_view row, std::string_view value) {
            if (batch.bytes() >= kBatchBytesMax) {
                next = row;
                return false;
            }
            const auto key = row.substr(m_prefix.size());
            isDamaged = value.size() < kLeafBytes || !replaces(key);
            if (isDamaged) return false;
            merkle::KeyHash hash;
            merkle::LeafDigest digest;
            std::memcpy(hash.data(), value.data(), hash.size());
            std::memcpy(digest.data(), value.data() + hash.size(), digest.size());
            batch.put(key, value.substr(kLeafBytes));
            if (const auto tree = merkle::treeOf(key); !tree.empty()) merkle::putLeafRow(batch, tree, hash, digest, key);
            batch.erase(row);
            return true;
        });
        if (!scanned) return scanned;
        if (isDamaged) return Error{ErrorCode::Corrupt, "a staged row of the storage is damaged"};
        if (!batch.empty()) {
            if (auto applied = m_engine.apply(batch); !applied) return applied;
        }
        if (next.empty()) return {};
        from = std::move(next);
    }
}

/// The last step is one batch: the `i/` keys, the rows of the record, the applied index and the mark. A crash leaves all of it or none.
Result<> Placement::complete()
{
    storage::Batch batch;
    auto scanned = m_engine.scan("i/", storage::endOfPrefix("i/"), [&](std::string_view key, std::string_view) {
        batch.erase(key);
        return true;
    });
    if (!scanned) return scanned;
    for (const auto& [key, operation] : m_overrides) {
        batch.put(key, operation.value);
        if (const auto tree = merkle::treeOf(key); !tree.empty()) merkle::putLeafRow(batch, tree, operation.keyHash, operation.leafDigest, key);
    }
    std::string applied;
    appendLittleEndian(applied, m_index.value());
    batch.put(kEngineAppliedKey, applied);
    putMark(batch, PlacementMark::Phase::Done);
    return m_engine.apply(batch);
}

Result<> eraseStaged(storage::Engine& engine, std::string_view prefix)
{
    CORE_ASSERT(prefix.starts_with(kStagedPrefix));
    return eraseRange(engine, std::string{prefix}, storage::endOfPrefix(prefix), kEach);
}

} // namespace core::log
