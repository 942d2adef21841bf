#include "core/merkle/forest.h"

#include "core/base/bytes.h"
#include "core/base/encoding.h"
#include "core/crypto/digest.h"
#include "core/merkle/tree.h"

namespace core::merkle {

namespace {

constexpr std::size_t kRootBytes = 20;

} // namespace

bool isShared(std::string_view tree)
{
    return tree == "s" || tree.starts_with("s/");
}

bool isReplicated(std::string_view tree)
{
    return isShared(tree) || tree == "l" || tree.starts_with("l/");
}

Forest::Forest() = default;
Forest::~Forest() = default;

void Forest::apply(std::span<const Change> changes, LogIndex upTo)
{
    WriteLock lock{m_mutex};
    auto at = m_trees.end(); // the tree of the change before; most changes are in the same one
    for (const Change& change : changes) {
        if (at == m_trees.end() || at->first != change.tree) at = m_trees.find(change.tree);
        if (at == m_trees.end()) {
            if (!change.digest) continue;
            at = m_trees.emplace(std::string{change.tree}, std::make_unique<Tree>()).first;
        }
        if (change.digest) {
            at->second->put(change.hash, *change.digest);
        } else {
            at->second->erase(change.hash);
            if (at->second->leafCount() != 0) continue;
            m_trees.erase(at);
            at = m_trees.end();
        }
    }
    m_index = upTo;
}

void Forest::clear(LogIndex upTo)
{
    WriteLock lock{m_mutex};
    m_trees.clear();
    m_index = upTo;
}

void Forest::replace(std::span<const Change> changes, LogIndex upTo)
{
    std::map<std::string, std::unique_ptr<Tree>, std::less<>> trees;
    for (const Change& change : changes) {
        if (!change.digest) continue;
        auto& tree = trees[std::string{change.tree}];
        if (!tree) tree = std::make_unique<Tree>();
        tree->put(change.hash, *change.digest);
    }
    WriteLock lock{m_mutex};
    m_trees.swap(trees);
    m_index = upTo;
}

Forest::State Forest::state(const TreeFilter& filter) const
{
    ReadLock lock{m_mutex};
    State state;
    state.index = m_index;
    for (const auto& [name, tree] : m_trees) {
        if (filter && !filter(name)) continue;
        state.trees.push_back({name, tree->digest(), tree->leafCount(), tree->pageCount()});
    }
    return state;
}

std::string Forest::root(const TreeFilter& filter) const
{
    return rootOf(state(filter));
}

std::string Forest::rootOf(const State& state)
{
    std::string text;
    for (const TreeState& tree : state.trees) {
        appendLittleEndian(text, static_cast<std::uint32_t>(tree.tree.size()));
        text.append(tree.tree);
        text.append(crypto::viewOf(tree.digest));
        appendLittleEndian(text, tree.leafCount);
    }
    return toHex(crypto::sha256Bytes(text).substr(0, kRootBytes));
}

std::vector<LeafDigest> Forest::pages(std::string_view tree, std::uint32_t pageCount) const
{
    ReadLock lock{m_mutex};
    const auto at = m_trees.find(tree);
    if (at == m_trees.end()) return std::vector<LeafDigest>(pageCount);
    return at->second->pages(pageCount);
}

std::vector<Leaf> Forest::leaves(std::string_view tree, std::uint32_t pageCount, std::uint32_t page) const
{
    ReadLock lock{m_mutex};
    const auto at = m_trees.find(tree);
    if (at == m_trees.end()) return {};
    return at->second->leaves(pageCount, page);
}

std::optional<LeafDigest> Forest::find(std::string_view tree, const KeyHash& hash) const
{
    ReadLock lock{m_mutex};
    const auto at = m_trees.find(tree);
    if (at == m_trees.end()) return std::nullopt;
    return at->second->find(hash);
}

std::vector<std::uint8_t> Forest::unsoundPages(std::string_view tree) const
{
    ReadLock lock{m_mutex};
    const auto at = m_trees.find(tree);
    std::vector<std::uint8_t> first;
    if (at == m_trees.end()) return first;
    for (const std::uint32_t page : at->second->unsoundPages()) {
        const auto byte = static_cast<std::uint8_t>(at->second->pageCount() == kPageCounts[2] ? page >> 8 : page);
        if (first.empty() || first.back() != byte) first.push_back(byte);
    }
    return first;
}

void Forest::sumUp(std::string_view tree)
{
    WriteLock lock{m_mutex};
    if (const auto at = m_trees.find(tree); at != m_trees.end()) at->second->sumUp();
}

void Forest::load(std::string tree, std::span<const Leaf> leaves, LogIndex upTo)
{
    auto loaded = std::make_unique<Tree>();
    loaded->load(leaves);
    WriteLock lock{m_mutex};
    if (!leaves.empty()) m_trees.insert_or_assign(std::move(tree), std::move(loaded));
    m_index = upTo;
}

std::uint64_t Forest::leafCount() const
{
    ReadLock lock{m_mutex};
    std::uint64_t count = 0;
    for (const auto& [name, tree] : m_trees) count += tree->leafCount();
    return count;
}

std::uint64_t Forest::sizeBytes() const
{
    ReadLock lock{m_mutex};
    std::uint64_t bytes = 0;
    for (const auto& [name, tree] : m_trees) bytes += tree->sizeBytes();
    return bytes;
}

} // namespace core::merkle
