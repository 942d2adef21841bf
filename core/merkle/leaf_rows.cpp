#include "core/merkle/leaf_rows.h"

#include "core/base/bytes.h"
#include "core/base/encoding.h"

#include <cstring>

namespace core::merkle {

namespace {

constexpr std::size_t kBatchBytesMax = 256u << 10;

template<class Bytes>
std::string_view view(const Bytes& bytes)
{
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string_view rowKey(std::string& buffer, std::string_view tree, const KeyHash& hash)
{
    buffer.assign(kLeafRowPrefix);
    appendBigEndian(buffer, static_cast<std::uint16_t>(tree.size()));
    buffer.append(tree).append(view(hash));
    return buffer;
}

thread_local std::string t_key;
thread_local std::string t_value;

} // namespace

void putLeafRow(storage::Batch& batch, std::string_view tree, const KeyHash& hash, const LeafDigest& digest, std::string_view key)
{
    t_value.assign(view(digest)).append(key);
    batch.put(rowKey(t_key, tree, hash), t_value);
}

void eraseLeafRow(storage::Batch& batch, std::string_view tree, const KeyHash& hash)
{
    batch.erase(rowKey(t_key, tree, hash));
}

Result<std::optional<std::string>> keyOfLeafRow(const storage::Reader& reader, std::string_view tree, const KeyHash& hash)
{
    auto value = reader.get(rowKey(t_key, tree, hash));
    if (!value || !*value) return value;
    if ((*value)->size() < sizeof(LeafDigest)) return Error{ErrorCode::Corrupt, "leaf row without a digest"};
    return std::optional<std::string>{(*value)->substr(sizeof(LeafDigest))};
}

Result<> loadLeafRows(const storage::Reader& reader, Forest& forest, LogIndex index)
{
    std::optional<Error> damaged;
    std::string tree;         // the rows of one tree follow each other
    std::vector<Leaf> leaves; // in order of hash, as the rows are
    const auto finish = [&] {
        if (!leaves.empty()) forest.load(tree, leaves, index);
        leaves.clear();
    };
    auto scanned = reader.scan(kLeafRowPrefix, storage::endOfPrefix(kLeafRowPrefix), [&](std::string_view key, std::string_view value) {
        const auto row = key.substr(kLeafRowPrefix.size());
        const std::size_t treeBytes = row.size() < 2 ? 0 : readBigEndian<std::uint16_t>(row);
        if (row.size() != 2 + treeBytes + sizeof(KeyHash) || value.size() < sizeof(LeafDigest)) {
            damaged = Error{ErrorCode::Corrupt, "leaf row " + toHex(key) + " is damaged"};
            return false;
        }
        const auto rowTree = row.substr(2, treeBytes);
        if (rowTree != tree) {
            finish();
            tree = rowTree;
        }
        Leaf leaf;
        std::memcpy(leaf.hash.data(), row.data() + 2 + treeBytes, sizeof(KeyHash));
        std::memcpy(leaf.digest.data(), value.data(), sizeof(LeafDigest));
        leaves.push_back(leaf);
        return true;
    });
    if (!scanned) return scanned;
    if (damaged) return *damaged;
    finish();
    forest.apply({}, index);
    return {};
}

Result<> eraseLeafRows(storage::Engine& engine)
{
    storage::Batch batch;
    Result<> applied;
    const auto flush = [&] {
        if (applied && !batch.empty()) applied = engine.apply(batch);
        batch.clear();
        return applied.has_value();
    };
    auto scanned = engine.scan(kLeafRowPrefix, storage::endOfPrefix(kLeafRowPrefix), [&](std::string_view key, std::string_view) {
        batch.erase(key);
        return batch.bytes() < kBatchBytesMax || flush();
    });
    if (!scanned) return scanned;
    flush();
    return applied;
}

} // namespace core::merkle
