#pragma once

#include "core/merkle/forest.h"

#include <optional>
#include <vector>

namespace core::merkle {

inline constexpr std::uint32_t kPageCounts[] = {1, 256, 65'536};
/// A tree with more leaves than this grows from 1 to 256 pages, and later from 256 to 65,536.
inline constexpr std::size_t kLeavesOfOnePageMax = 256;
inline constexpr std::size_t kLeavesOf256PagesMax = 262'144;

/// XOR of `by` into `into`.
void mix(LeafDigest& into, const LeafDigest& by);
/// The page of a hash in a tree of `pageCount` pages: its first 0, 8 or 16 bits.
std::uint32_t pageOf(const KeyHash& hash, std::uint32_t pageCount);

/// One tree of the forest: pages of leaves sorted by hash, each page with the XOR of its digests. Not thread-safe.
class Tree {
public:
    Tree();

    void put(const KeyHash& hash, const LeafDigest& digest);
    void erase(const KeyHash& hash);

    std::optional<LeafDigest> find(const KeyHash& hash) const;
    const LeafDigest& digest() const { return m_digest; }
    std::uint64_t leafCount() const { return m_leafCount; }
    std::uint32_t pageCount() const { return static_cast<std::uint32_t>(m_pages.size()); }
    std::vector<LeafDigest> pages(std::uint32_t pageCount) const;
    std::vector<Leaf> leaves(std::uint32_t pageCount, std::uint32_t page) const;
    std::uint64_t sizeBytes() const;

    /// Pages whose digest does not match their leaves. The first page is included if the tree's own digest or count is wrong.
    std::vector<std::uint32_t> unsoundPages() const;
    void sumUp();
    /// Fills an empty tree with leaves that are sorted by hash, each once.
    void load(std::span<const Leaf> leaves);

private:
    friend struct ForestTamper;
    struct Page {
        std::vector<Leaf> leaves;
        LeafDigest digest{};
    };
    void growIfFull();

    std::vector<Page> m_pages;
    LeafDigest m_digest{};
    std::uint64_t m_leafCount = 0;
};

} // namespace core::merkle
