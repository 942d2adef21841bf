#pragma once

#include "core/merkle/forest.h"
#include "core/snapshot/archive.h"

#include <map>
#include <string>

namespace core::snapshot {

/// The forest's root over entries in any order. It works because a tree's digest is the XOR of its leaves' digests. Not thread-safe.
class RootOfEntries {
public:
    void add(const Entry& entry)
    {
        const auto tree = merkle::treeOf(entry.key);
        if (tree.empty()) return;
        auto at = m_trees.find(tree);
        if (at == m_trees.end()) at = m_trees.emplace(std::string{tree}, merkle::Forest::TreeState{.tree = std::string{tree}}).first;
        for (std::size_t n = 0; n < entry.leafDigest.size(); ++n) at->second.digest[n] ^= entry.leafDigest[n];
        ++at->second.leafCount;
    }
    std::string finish() const
    {
        merkle::Forest::State state;
        for (const auto& [name, tree] : m_trees) state.trees.push_back(tree);
        return merkle::Forest::rootOf(state);
    }

private:
    std::map<std::string, merkle::Forest::TreeState, std::less<>> m_trees;
};

} // namespace core::snapshot
