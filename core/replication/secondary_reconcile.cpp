#include "core/replication/secondary_link.h"


#include <algorithm>
#include <cstring>

namespace core::replication {

namespace {

constexpr std::size_t kHashBytes = std::tuple_size_v<merkle::KeyHash>;
constexpr std::size_t kEraseChunk = 4096; // leaves in one piece of work

} // namespace

void SecondaryLink::addErase(Data& data, std::string_view tree, const merkle::KeyHash& hash)
{
    auto key = m_store.keyOf(tree, hash);
    if (!key) return fail(std::move(key).error().withContext("finding a key to erase"));
    if (!*key) return; // gone meanwhile
    data.operations.push_back({log::OperationKind::Delete, std::move(**key), {}, hash, {}});
}

void SecondaryLink::eraseTree(const std::string& tree)
{
    if (!m_whole.carriesTree(tree)) return fail(Error{ErrorCode::Corrupt, "a tree that this link does not carry"});
    m_state = State::MerkleSync;
    constexpr std::uint32_t pageCount = 256;
    Data data;
    for (std::uint32_t page = 0; page < pageCount; ++page) {
        for (const merkle::Leaf& leaf : m_store.forest().leaves(tree, pageCount, page)) {
            addErase(data, tree, leaf.hash);
            if (data.operations.size() < kEraseChunk) continue;
            m_queue.push(std::move(data));
            data = {};
        }
    }
    if (!data.operations.empty()) m_queue.push(std::move(data));
}

void SecondaryLink::onPageDigests(const Frame& frame)
{
    wire::PageDigests pages;
    const bool isParsed = m_isReconciling && !m_isLeavesEndDue && parseFrame(frame, pages) && pages.digest_bytes() >= 4
                          && pages.digest_bytes() <= std::tuple_size_v<merkle::LeafDigest>
                          && (pages.page_count() == 1 || pages.page_count() == 256 || pages.page_count() == 65'536)
                          && m_whole.carriesTree(pages.tree());
    const std::size_t count = isParsed ? pages.digests().size() / pages.digest_bytes() : 0;
    if (!isParsed || pages.digests().size() % pages.digest_bytes() != 0 || pages.first_page() > pages.page_count()
        || count > pages.page_count() - pages.first_page()) {
        return fail(Error{ErrorCode::Corrupt, "page digests frame"});
    }
    if (m_ownPages.tree != pages.tree() || m_ownPages.pageCount != pages.page_count()) {
        m_ownPages = {pages.tree(), pages.page_count(), m_store.forest().pages(pages.tree(), pages.page_count())};
    }
    for (std::size_t at = 0; at < count; ++at) {
        const auto page = pages.first_page() + static_cast<std::uint32_t>(at);
        const char* theirs = pages.digests().data() + at * pages.digest_bytes();
        if (std::memcmp(theirs, m_ownPages.digests.at(page).data(), pages.digest_bytes()) == 0) continue;
        m_pagesToSend.push_back({pages.tree(), pages.page_count(), page});
        m_state = State::MerkleSync;
    }
}

std::string SecondaryLink::pull()
{
    if (!m_control.empty()) {
        std::string frame = std::move(m_control.front());
        m_control.pop_front();
        return frame;
    }
    if (m_failure || m_stage != Stage::Welcomed) return {};
    if (!m_pagesToSend.empty()) {
        const Page page = std::move(m_pagesToSend.front());
        m_pagesToSend.pop_front();
        wire::PageLeaves leaves;
        leaves.set_tree(page.tree);
        leaves.set_page_count(page.pageCount);
        leaves.set_page(page.page);
        for (const merkle::Leaf& leaf : m_store.forest().leaves(page.tree, page.pageCount, page.page)) {
            leaves.mutable_leaves()->append(reinterpret_cast<const char*>(leaf.hash.data()), leaf.hash.size());
            leaves.mutable_leaves()->append(reinterpret_cast<const char*>(leaf.digest.data()), 8);
        }
        ++m_progress.total;
        return encodeFrame(FrameType::PageLeaves, leaves);
    }
    if (m_isLeavesEndDue) {
        m_isLeavesEndDue = false;
        m_ownPages = {};
        return encodeFrame(FrameType::PageLeavesEnd, std::string_view{});
    }
    return {};
}

void SecondaryLink::onEntries(const Frame& frame)
{
    const auto view = log::RecordView::parse(frame.payload);
    if (!m_isReconciling || !view) return fail(Error{ErrorCode::Corrupt, "entries frame"});
    m_state = State::MerkleSync;
    log::Record record = view->toRecord();
    keepGenuine(record.operations);
    m_queue.push(Data{std::move(record.operations), std::nullopt, {}, frame.payload.size() + kFrameHeaderBytes});
}

void SecondaryLink::onAbsentLeaves(const Frame& frame)
{
    wire::AbsentLeaves absent;
    if (!m_isReconciling || !parseFrame(frame, absent) || absent.hashes().size() % kHashBytes != 0
        || !m_whole.carriesTree(absent.tree())) {
        return fail(Error{ErrorCode::Corrupt, "absent leaves frame"});
    }
    Data data;
    for (std::size_t at = 0; at < absent.hashes().size(); at += kHashBytes) {
        merkle::KeyHash hash;
        std::memcpy(hash.data(), absent.hashes().data() + at, kHashBytes);
        addErase(data, absent.tree(), hash);
    }
    if (!data.operations.empty()) m_queue.push(std::move(data));
}

void SecondaryLink::onReconcileEnd(const Frame& frame)
{
    wire::ReconcileEnd end;
    if (!m_isReconciling || !parseFrame(frame, end) || end.index() < m_reconcileIndex.value()) {
        return fail(Error{ErrorCode::Corrupt, "end of reconciliation frame"});
    }
    m_isReconciling = false;
    m_mustReconcile = false;
    m_state = State::StreamWals;
    m_queue.push(ApplyQueue::End{m_primaryLogId, m_reconcileIndex, m_scope, LogIndex{end.index()},
                                 std::min(LogIndex{end.last_relevant_index()}, m_reconcileIndex)});
}

} // namespace core::replication
