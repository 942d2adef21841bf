#pragma once

#include "core/base/mutex.h"
#include "core/base/strong_id.h"
#include "core/merkle/leaf.h"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace core::merkle {

class Tree;

struct Leaf {
    KeyHash hash;
    LeafDigest digest;
};

/// Selects the trees that a root covers.
using TreeFilter = std::function<bool(std::string_view tree)>;

/// True for shared trees; true for shared and local trees.
bool isShared(std::string_view tree);
bool isReplicated(std::string_view tree);

/// The Merkle index in memory: one tree per mount and class. A tree has 1, 256 or 65,536 pages of sorted leaves, by the first bits of the key hash. A
/// put costs O(1) digest work. Thread-safe for one writer (the committer) and any number of readers; its mutex is a leaf lock.
class Forest {
public:
    Forest();
    ~Forest();

    struct Change {
        std::string_view tree;
        KeyHash hash;
        std::optional<LeafDigest> digest; // empty: erase
    };
    /// Applies the changes of a commit group together; readers see all of them or none. `upTo` is the group's last index.
    void apply(std::span<const Change> changes, LogIndex upTo);
    void clear(LogIndex upTo);
    /// clear() and apply(), which readers see as one step.
    void replace(std::span<const Change> changes, LogIndex upTo);

    struct TreeState {
        std::string tree;
        LeafDigest digest{};
        std::uint64_t leafCount = 0;
        std::uint32_t pageCount = 1;
    };
    struct State {
        LogIndex index;               // the state holds exactly the changes up to here
        std::vector<TreeState> trees; // by name, without empty trees
    };
    /// An empty filter selects every tree.
    State state(const TreeFilter& filter) const;

    /// 40 hex digits over (name, digest, count) of the selected trees that are not empty, in the order of their names.
    std::string root(const TreeFilter& filter) const;
    static std::string rootOf(const State& state);

    /// Digests of all pages of a tree, cut into `pageCount` (1, 256 or 65,536) pages. The tree itself can have another number of pages now.
    std::vector<LeafDigest> pages(std::string_view tree, std::uint32_t pageCount) const;
    /// Leaves of one such page, sorted by hash.
    std::vector<Leaf> leaves(std::string_view tree, std::uint32_t pageCount, std::uint32_t page) const;
    std::optional<LeafDigest> find(std::string_view tree, const KeyHash& hash) const;

    /// First bytes of the hashes of pages whose digest does not match their leaves: damage in memory, or a bug.
    std::vector<std::uint8_t> unsoundPages(std::string_view tree) const;
    /// Computes the digests of a tree again from its leaves.
    void sumUp(std::string_view tree);
    /// Puts a whole tree in place, from leaves that are sorted by hash, each once. For loading; much faster than apply().
    void load(std::string tree, std::span<const Leaf> leaves, LogIndex upTo);

    std::uint64_t leafCount() const;
    std::uint64_t sizeBytes() const;

private:
    friend struct ForestTamper;  // tests use it to damage a forest
    mutable SharedMutex m_mutex; // leaf lock
    std::map<std::string, std::unique_ptr<Tree>, std::less<>> m_trees CORE_GUARDED_BY(m_mutex);
    LogIndex m_index CORE_GUARDED_BY(m_mutex);
};

} // namespace core::merkle
