#include "core/replication/reconcile/primary_comparison.h"

#include "core/base/logging.h"

#include <algorithm>

namespace core::replication {

namespace {

constexpr std::uint32_t kPagesPerFrame = 16'384;
constexpr std::size_t kLeavesPerPageMax = 1024; // of pages that share a chunk
constexpr std::chrono::seconds kStillMax{15};

} // namespace

std::uint32_t pageCountFor(std::uint64_t leafCount)
{
    return leafCount <= 256 ? 1 : leafCount <= 16'384 ? 256 : 65'536;
}

PrimaryComparison::PrimaryComparison(const log::Store& store, const LeafHasher& hasher, const merkle::Forest::State& state, const wire::Hello& hello,
                                     Options options)
    : m_store{store}
    , m_hasher{hasher}
    , m_options{options}
    , m_lastStep{options.now}
{
    std::map<std::string_view, const wire::TreeDigest*> theirs;
    for (const auto& tree : hello.trees()) theirs.emplace(tree.tree(), &tree);
    for (const auto& tree : state.trees) {
        const auto found = theirs.find(tree.tree);
        if (found == theirs.end()) {
            m_wholeTrees.push_back({tree.tree, pageCountFor(tree.leafCount), 0});
            m_wholeLeafCount += tree.leafCount;
            continue;
        }
        const wire::TreeDigest& their = *found->second;
        theirs.erase(found);
        const std::string_view digest{reinterpret_cast<const char*>(tree.digest.data()), tree.digest.size()};
        if (their.digest() == digest && their.leaf_count() == tree.leafCount) continue;
        m_pageTrees.push_back({tree.tree, pageCountFor(std::max(tree.leafCount, their.leaf_count())), 0, {}});
        m_offered[tree.tree] = {m_pageTrees.back().pageCount, 0};
    }
    for (const auto& [name, tree] : theirs) m_absentTrees.push_back(tree->tree());
}

void PrimaryComparison::describe(wire::Welcome& welcome) const
{
    for (const auto& tree : m_absentTrees) welcome.add_absent_trees(tree);
    welcome.set_whole_leaf_count(m_wholeLeafCount);
}

std::string PrimaryComparison::pullPages(SteadyTime now, PrimaryStatistics& statistics)
{
    if (m_areDigestsEnded) return {};
    m_lastStep = now;
    if (m_pageTrees.empty()) {
        m_areDigestsEnded = true;
        return encodeFrame(FrameType::PageDigestsEnd, std::string_view{});
    }
    PageTree& tree = m_pageTrees.front();
    if (tree.nextPage == 0) tree.digests = m_store.forest().pages(tree.tree, tree.pageCount);
    const std::uint32_t count = std::min(kPagesPerFrame, tree.pageCount - tree.nextPage);
    wire::PageDigests pages;
    pages.set_tree(tree.tree);
    pages.set_page_count(tree.pageCount);
    pages.set_digest_bytes(m_options.digestBytes);
    pages.set_first_page(tree.nextPage);
    std::string& digests = *pages.mutable_digests();
    digests.reserve(count * m_options.digestBytes);
    for (std::uint32_t page = tree.nextPage; page < tree.nextPage + count; ++page) {
        digests.append(reinterpret_cast<const char*>(tree.digests.at(page).data()), m_options.digestBytes);
    }
    tree.nextPage += count;
    if (tree.nextPage == tree.pageCount) m_pageTrees.pop_front();
    std::string frame = encodeFrame(FrameType::PageDigests, pages);
    statistics.pageBytesSent += frame.size();
    return frame;
}

Result<std::string> PrimaryComparison::onPageLeaves(const Frame& frame, const LinkFilter& scope, SteadyTime now)
{
    const Error corrupt{ErrorCode::Corrupt, "page leaves frame"};
    wire::PageLeaves shown;
    const bool isParsed = !m_areLeavesEnded && parseFrame(frame, shown) && scope.carriesTree(shown.tree());
    const LeafForm form{shown.page_count(), shown.hash_bytes(), shown.digest_bytes()};
    // Each page may be shown once, in order, and in a form that was offered. A hostile secondary that asks for a page again and again, or
    // for a whole tree as one page, would cost memory and time without limit for a few bytes.
    const auto offered = isParsed ? m_offered.find(shown.tree()) : m_offered.end();
    const bool isGood =
        offered != m_offered.end() && form.pageCount == offered->second.pageCount && form.isValid() && shown.pages_size() == shown.leaf_counts_size();
    if (!isGood) return corrupt;
    m_lastStep = now;

    LeafForm::Differences differences;
    std::string_view rest = shown.leaves();
    for (int at = 0; at < shown.pages_size(); ++at) {
        const std::uint32_t page = shown.pages(at);
        const std::size_t bytes = shown.leaf_counts(at) * form.leafBytes();
        if (page < offered->second.next || page >= form.pageCount || bytes > rest.size()) return corrupt;
        const auto own = m_store.forest().leaves(shown.tree(), form.pageCount, page);
        if (auto compared = form.compare(page, rest.substr(0, bytes), own, differences); !compared) {
            return std::move(compared).error();
        }
        rest.remove_prefix(bytes);
        offered->second.next = page + 1;
    }
    if (!rest.empty()) return corrupt;
    if (!differences.wanted.empty()) m_wanted.push_back({shown.tree(), std::move(differences.wanted), 0});
    if (differences.absent.empty()) return std::string{};
    wire::AbsentLeaves absent;
    absent.set_tree(shown.tree());
    absent.set_hash_bytes(static_cast<std::uint32_t>(form.nameBytes()));
    absent.set_hashes(std::move(differences.absent));
    return encodeFrame(FrameType::AbsentLeaves, absent);
}

Result<> PrimaryComparison::addEntry(Chunk& chunk, std::string_view tree, const merkle::KeyHash& hash) const
{
    auto key = m_store.keyOf(tree, hash);
    if (!key) return std::move(key).error();
    if (!*key) return {};
    auto value = m_store.reader().get(**key);
    if (!value) return std::move(value).error();
    if (!*value) return {};
    if (!m_hasher.isAuthentic(**key, **value)) { // it could replace a good copy at the secondary, perhaps the last one
        logging::error("replication", "a stored value is damaged and is not sent to a secondary; a scrub shows which one",
                       {{"tree", std::string{tree}}});
        return {};
    }
    // The value may be newer than the compared leaf, so the digest is computed from the value itself.
    log::Operation operation{log::OperationKind::Put, std::move(**key), std::move(**value), hash, {}};
    operation.leafDigest = m_hasher.leafDigest(hash, operation.value);
    chunk.bytes += operation.key.size() + operation.value.size() + 48;
    chunk.record.operations.push_back(std::move(operation));
    return {};
}

Result<> PrimaryComparison::addEntries(Chunk& chunk, Wanted& wanted) const
{
    for (; wanted.next < wanted.hashes.size() && !chunk.isFull(); ++wanted.next) {
        if (auto added = addEntry(chunk, wanted.tree, wanted.hashes[wanted.next]); !added) return added;
    }
    return {};
}

Result<> PrimaryComparison::addWanted(Chunk& chunk)
{
    while (!m_wanted.empty() && !chunk.isFull()) {
        Wanted& wanted = m_wanted.front();
        if (auto added = addEntries(chunk, wanted); !added) return added;
        if (wanted.next == wanted.hashes.size()) m_wanted.pop_front();
    }
    return {};
}

Result<> PrimaryComparison::addWhole(Chunk& chunk)
{
    while (!m_wholeTrees.empty() && !chunk.isFull()) {
        WholeTree& tree = m_wholeTrees.front();
        for (; tree.nextPage < tree.pageCount && !chunk.isFull(); ++tree.nextPage) {
            const auto leaves = m_store.forest().leaves(tree.tree, tree.pageCount, tree.nextPage);
            if (chunk.bytes > 0 && leaves.size() > kLeavesPerPageMax) return {}; // a large page is sent alone, in several frames
            Wanted wanted{tree.tree, {}, 0};
            for (const merkle::Leaf& leaf : leaves) wanted.hashes.push_back(leaf.hash);
            if (auto added = addEntries(chunk, wanted); !added) return added;
            if (wanted.next < wanted.hashes.size()) m_wanted.push_back(std::move(wanted));
        }
        if (tree.nextPage == tree.pageCount) m_wholeTrees.pop_front();
    }
    return {};
}

Result<std::string> PrimaryComparison::pullEntries(PrimaryStatistics& statistics)
{
    Chunk chunk{log::Record{LogIndex{1}, m_options.epoch, {}}};
    auto added = addWanted(chunk);
    if (added && chunk.record.operations.empty()) added = addWhole(chunk); // what the secondary has asked for goes first
    if (!added) return std::move(added).error();
    if (chunk.record.operations.empty()) return std::string{};
    statistics.entriesSent += chunk.record.operations.size();
    return encodeFrame(FrameType::Entries, log::encodeRecord(chunk.record));
}

bool PrimaryComparison::isStalled(SteadyTime now) const
{
    const bool isTheirTurn = m_areDigestsEnded && !m_areLeavesEnded && hasSentAll();
    return isTheirTurn && now - m_lastStep > kStillMax;
}

} // namespace core::replication
