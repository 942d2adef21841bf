#include "core/replication/reconcile/secondary_comparison.h"

#include "core/merkle/tree.h"

#include <algorithm>
#include <cstring>

namespace core::replication {

namespace {

constexpr std::size_t kHashBytes = std::tuple_size_v<merkle::KeyHash>;
constexpr std::size_t kEraseChunk = 4096;         // leaves in one batch
constexpr std::size_t kLeafListBytes = 64u << 10; // bytes of leaves at which a frame is cut

} // namespace

SecondaryComparison::SecondaryComparison(const log::Store& store, const LinkFilter& carried, ApplyQueue& queue, std::uint32_t digestBytes,
                                         const wire::Welcome& welcome)
    : m_store{store}
    , m_carried{carried}
    , m_queue{queue}
    , m_digestBytes{digestBytes}
    , m_logId{welcome.log_id()}
    , m_index{welcome.index()}
    , m_scope{welcome.scope()}
    , m_isDifferent{welcome.whole_leaf_count() > 0}
    , m_progress{0, welcome.whole_leaf_count()}
{}

Result<> SecondaryComparison::addErase(ApplyQueue::Data& data, std::string_view tree, const merkle::KeyHash& hash) const
{
    auto key = m_store.keyOf(tree, hash);
    if (!key) return std::move(key).error().withContext("finding a key to erase");
    if (*key) data.operations.append({log::OperationKind::Delete, **key, {}, hash, {}}); // else it is already deleted
    return {};
}

Result<> SecondaryComparison::eraseTrees(const google::protobuf::RepeatedPtrField<std::string>& trees)
{
    for (const auto& tree : trees) {
        if (auto erased = eraseTree(tree); !erased) return erased;
    }
    return {};
}

Result<> SecondaryComparison::eraseTree(const std::string& tree)
{
    // A hostile primary must not make a performance secondary delete its local data.
    if (!m_carried.carriesTree(tree)) return Error{ErrorCode::Corrupt, "a tree that this link does not carry"};
    m_isDifferent = true;
    constexpr std::uint32_t pageCount = 256;
    ApplyQueue::Data data;
    for (std::uint32_t page = 0; page < pageCount; ++page) {
        for (const merkle::Leaf& leaf : m_store.forest().leaves(tree, pageCount, page)) {
            if (auto added = addErase(data, tree, leaf.hash); !added) return added;
            if (data.operations.count() < kEraseChunk) continue;
            m_queue.push(std::move(data));
            data = {};
        }
    }
    if (!data.operations.isEmpty()) m_queue.push(std::move(data));
    return {};
}

Result<> SecondaryComparison::onPageDigests(const Frame& frame)
{
    // A hostile primary chooses all numbers of this frame. The checks keep the loop below within the secondary's own pages.
    wire::PageDigests pages;
    const bool isParsed = !m_isLeavesEndDue && parseFrame(frame, pages) && pages.digest_bytes() >= kPageDigestBytes &&
                          pages.digest_bytes() <= std::tuple_size_v<merkle::LeafDigest> &&
                          (pages.page_count() == 1 || pages.page_count() == 256 || pages.page_count() == 65'536) &&
                          m_carried.carriesTree(pages.tree());
    const std::size_t count = isParsed ? pages.digests().size() / pages.digest_bytes() : 0;
    if (!isParsed || pages.digests().size() % pages.digest_bytes() != 0 || pages.first_page() > pages.page_count() ||
        count > pages.page_count() - pages.first_page()) {
        return Error{ErrorCode::Corrupt, "page digests frame"};
    }
    if (m_ownPages.tree != pages.tree() || m_ownPages.pageCount != pages.page_count()) {
        m_ownPages = {pages.tree(), pages.page_count(), m_store.forest().pages(pages.tree(), pages.page_count())};
    }
    for (std::size_t at = 0; at < count; ++at) {
        const auto page = pages.first_page() + static_cast<std::uint32_t>(at);
        const char* theirs = pages.digests().data() + at * pages.digest_bytes();
        if (std::memcmp(theirs, m_ownPages.digests.at(page).data(), pages.digest_bytes()) == 0) continue;
        m_pagesToSend.push_back({pages.tree(), pages.page_count(), page});
        m_isDifferent = true;
    }
    return {};
}

std::string SecondaryComparison::pull()
{
    if (!m_pagesToSend.empty()) return pullLeaves();
    if (!m_isLeavesEndDue) return {};
    m_isLeavesEndDue = false;
    m_ownPages = {};
    return encodeFrame(FrameType::PageLeavesEnd, std::string_view{});
}

std::string SecondaryComparison::pullLeaves()
{
    const auto [tree, pageCount, firstPage] = m_pagesToSend.front();
    const LeafForm form = m_digestBytes < kPageDigestBytesFull ? LeafForm::brief(pageCount) : LeafForm::full(pageCount);
    wire::PageLeaves shown;
    shown.set_tree(tree);
    shown.set_page_count(pageCount);
    shown.set_hash_bytes(form.hashBytes);
    shown.set_digest_bytes(form.digestBytes);
    std::string& bytes = *shown.mutable_leaves();
    while (!m_pagesToSend.empty() && bytes.size() < kLeafListBytes) {
        const Page& page = m_pagesToSend.front();
        if (page.tree != tree || page.pageCount != pageCount) break;
        const auto leaves = m_store.forest().leaves(tree, pageCount, page.page);
        form.append(bytes, leaves);
        shown.add_pages(page.page);
        shown.add_leaf_counts(static_cast<std::uint32_t>(leaves.size()));
        ++m_progress.total;
        m_pagesToSend.pop_front();
    }
    return encodeFrame(FrameType::PageLeaves, shown);
}

Result<> SecondaryComparison::onAbsentLeaves(const Frame& frame)
{
    wire::AbsentLeaves absent;
    const bool isParsed = parseFrame(frame, absent) && m_carried.carriesTree(absent.tree());
    const std::size_t nameBytes = absent.hash_bytes();
    if (!isParsed || nameBytes < 4 || nameBytes > kHashBytes || absent.hashes().size() % nameBytes != 0) {
        return Error{ErrorCode::Corrupt, "absent leaves frame"};
    }
    const auto states = m_store.forest().state([&](std::string_view tree) { return tree == absent.tree(); }).trees;
    if (states.empty()) return {}; // already deleted
    const std::uint32_t pageCount = states.front().pageCount;
    std::optional<std::uint32_t> page;
    std::vector<merkle::Leaf> leaves; // of that page
    ApplyQueue::Data data;
    for (std::size_t at = 0; at < absent.hashes().size(); at += nameBytes) {
        merkle::KeyHash from{};
        std::memcpy(from.data(), absent.hashes().data() + at, nameBytes);
        if (const auto own = merkle::pageOf(from, pageCount); page != own) leaves = m_store.forest().leaves(absent.tree(), pageCount, *(page = own));
        // Names are prefixes of hashes, and a prefix may match several leaves here. All of them go; the next marker shows whether that was
        // too much.
        const auto isBefore = [nameBytes](const merkle::Leaf& leaf, const merkle::KeyHash& hash) {
            return std::memcmp(leaf.hash.data(), hash.data(), nameBytes) < 0;
        };
        for (auto leaf = std::lower_bound(leaves.begin(), leaves.end(), from, isBefore);
             leaf != leaves.end() && std::memcmp(leaf->hash.data(), from.data(), nameBytes) == 0; ++leaf) {
            if (auto added = addErase(data, absent.tree(), leaf->hash); !added) return added;
        }
    }
    if (!data.operations.isEmpty()) m_queue.push(std::move(data));
    return {};
}

Result<ApplyQueue::End> SecondaryComparison::finish(const Frame& frame) const
{
    wire::ReconcileEnd end;
    // An end before the beginning would make the position name a place that this data never had.
    if (!parseFrame(frame, end) || end.index() < m_index.value()) return Error{ErrorCode::Corrupt, "end of reconciliation frame"};
    return ApplyQueue::End{m_logId, m_index, m_scope, LogIndex{end.index()}, std::min(LogIndex{end.last_relevant_index()}, m_index)};
}

} // namespace core::replication
