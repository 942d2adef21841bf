#include "core/merkle/tree.h"

#include "core/base/assert.h"

#include <algorithm>
#include <cstring>

namespace core::merkle {

namespace {

bool isLess(const KeyHash& left, const KeyHash& right)
{
    return std::memcmp(left.data(), right.data(), left.size()) < 0;
}

template<class Leaves>
auto lowerBound(Leaves& leaves, const KeyHash& hash)
{
    return std::lower_bound(leaves.begin(), leaves.end(), hash, [](const Leaf& leaf, const KeyHash& wanted) { return isLess(leaf.hash, wanted); });
}

/// Makes room for one more leaf without doubling. Otherwise half of the forest's memory would be unused space in pages.
void makeRoom(std::vector<Leaf>& leaves)
{
    if (leaves.size() == leaves.capacity()) leaves.reserve(leaves.size() + 2 + leaves.size() / 8);
}

} // namespace

void mix(LeafDigest& into, const LeafDigest& by)
{
    std::uint64_t left[2];
    std::uint64_t right[2];
    std::memcpy(left, into.data(), sizeof left);
    std::memcpy(right, by.data(), sizeof right);
    left[0] ^= right[0];
    left[1] ^= right[1];
    std::memcpy(into.data(), left, sizeof left);
}

std::uint32_t pageOf(const KeyHash& hash, std::uint32_t pageCount)
{
    switch (pageCount) {
    case 1: return 0;
    case 256: return hash[0];
    case 65'536: return (std::uint32_t{hash[0]} << 8) | hash[1];
    default: break;
    }
    CORE_ASSERT(!"pages of a tree: 1, 256 or 65,536");
    return 0;
}

Tree::Tree() : m_pages(1) {}

void Tree::put(const KeyHash& hash, const LeafDigest& digest)
{
    growIfFull();
    Page& page = m_pages[pageOf(hash, pageCount())];
    auto at = lowerBound(page.leaves, hash);
    if (at != page.leaves.end() && at->hash == hash) {
        mix(page.digest, at->digest);
        mix(m_digest, at->digest);
        at->digest = digest;
    } else {
        const auto offset = at - page.leaves.begin();
        makeRoom(page.leaves);
        page.leaves.insert(page.leaves.begin() + offset, Leaf{hash, digest});
        ++m_leafCount;
    }
    mix(page.digest, digest);
    mix(m_digest, digest);
}

void Tree::erase(const KeyHash& hash)
{
    Page& page = m_pages[pageOf(hash, pageCount())];
    const auto at = lowerBound(page.leaves, hash);
    if (at == page.leaves.end() || at->hash != hash) return;
    mix(page.digest, at->digest);
    mix(m_digest, at->digest);
    page.leaves.erase(at);
    if (page.leaves.size() < page.leaves.capacity() / 2) page.leaves.shrink_to_fit();
    --m_leafCount;
}

std::optional<LeafDigest> Tree::find(const KeyHash& hash) const
{
    const auto& leaves = m_pages[pageOf(hash, pageCount())].leaves;
    const auto at = lowerBound(leaves, hash);
    if (at == leaves.end() || at->hash != hash) return std::nullopt;
    return at->digest;
}

std::vector<LeafDigest> Tree::pages(std::uint32_t pageCount) const
{
    std::vector<LeafDigest> digests(pageCount);
    if (pageCount == this->pageCount()) {
        for (std::size_t page = 0; page < m_pages.size(); ++page) digests[page] = m_pages[page].digest;
    } else if (pageCount < this->pageCount()) {
        const std::size_t share = m_pages.size() / pageCount;
        for (std::size_t page = 0; page < m_pages.size(); ++page) mix(digests[page / share], m_pages[page].digest);
    } else {
        for (const Page& page : m_pages) {
            for (const Leaf& leaf : page.leaves) mix(digests[pageOf(leaf.hash, pageCount)], leaf.digest);
        }
    }
    return digests;
}

std::vector<Leaf> Tree::leaves(std::uint32_t pageCount, std::uint32_t page) const
{
    CORE_ASSERT(page < pageCount);
    std::vector<Leaf> found;
    if (pageCount <= this->pageCount()) {
        const std::size_t share = m_pages.size() / pageCount;
        for (std::size_t at = page * share; at < (page + 1) * share; ++at) {
            found.insert(found.end(), m_pages[at].leaves.begin(), m_pages[at].leaves.end());
        }
        return found;
    }
    const auto& leaves = m_pages[page / (pageCount / m_pages.size())].leaves;
    std::copy_if(leaves.begin(), leaves.end(), std::back_inserter(found), [&](const Leaf& leaf) { return pageOf(leaf.hash, pageCount) == page; });
    return found;
}

std::uint64_t Tree::sizeBytes() const
{
    std::uint64_t bytes = sizeof *this + m_pages.capacity() * sizeof(Page);
    for (const Page& page : m_pages) bytes += page.leaves.capacity() * sizeof(Leaf);
    return bytes;
}

std::vector<std::uint32_t> Tree::unsoundPages() const
{
    std::vector<std::uint32_t> unsound;
    LeafDigest whole{};
    std::uint64_t count = 0;
    for (std::uint32_t page = 0; page < pageCount(); ++page) {
        LeafDigest digest{};
        for (const Leaf& leaf : m_pages[page].leaves) mix(digest, leaf.digest);
        if (digest != m_pages[page].digest) unsound.push_back(page);
        mix(whole, digest);
        count += m_pages[page].leaves.size();
    }
    if (unsound.empty() && (whole != m_digest || count != m_leafCount)) unsound.push_back(0);
    return unsound;
}

void Tree::sumUp()
{
    m_digest = {};
    m_leafCount = 0;
    for (Page& page : m_pages) {
        page.digest = {};
        for (const Leaf& leaf : page.leaves) mix(page.digest, leaf.digest);
        mix(m_digest, page.digest);
        m_leafCount += page.leaves.size();
    }
}

void Tree::load(std::span<const Leaf> leaves)
{
    CORE_ASSERT(m_leafCount == 0);
    m_pages = std::vector<Page>(leaves.size() > kLeavesOf256PagesMax  ? kPageCounts[2]
                                : leaves.size() > kLeavesOfOnePageMax ? kPageCounts[1]
                                                                      : kPageCounts[0]);
    for (auto from = leaves.begin(); from != leaves.end();) {
        const auto page = pageOf(from->hash, pageCount());
        const auto to = std::find_if(from, leaves.end(), [&](const Leaf& leaf) { return pageOf(leaf.hash, pageCount()) != page; });
        m_pages[page].leaves.assign(from, to);
        from = to;
    }
    sumUp();
}

void Tree::growIfFull()
{
    const bool isFull = (m_pages.size() == kPageCounts[0] && m_leafCount >= kLeavesOfOnePageMax) ||
                        (m_pages.size() == kPageCounts[1] && m_leafCount >= kLeavesOf256PagesMax);
    if (!isFull) return;
    const std::uint32_t pageCountNew = m_pages.size() == kPageCounts[0] ? kPageCounts[1] : kPageCounts[2];
    std::vector<Page> pages(pageCountNew);
    for (Page& old : m_pages) {
        // Sorted by hash, so the leaves of each new page follow each other.
        for (auto from = old.leaves.begin(); from != old.leaves.end();) {
            const auto page = pageOf(from->hash, pageCountNew);
            auto to = from;
            for (; to != old.leaves.end() && pageOf(to->hash, pageCountNew) == page; ++to) mix(pages[page].digest, to->digest);
            pages[page].leaves.assign(from, to);
            from = to;
        }
        std::vector<Leaf>{}.swap(old.leaves);
    }
    m_pages = std::move(pages);
}

} // namespace core::merkle
