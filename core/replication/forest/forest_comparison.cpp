#include "core/replication/forest/forest_comparison.h"

#include "core/merkle/tree.h"

#include <algorithm>

namespace core::replication {

namespace {

constexpr std::uint64_t kPaceKeys = 512;

bool isRest(std::string_view tree)
{
    return tree.size() == 1;
}

} // namespace

std::string_view toString(LeafDamage::Kind kind)
{
    switch (kind) {
    case LeafDamage::Kind::Index: return "index";
    case LeafDamage::Kind::Damaged: return "damaged";
    case LeafDamage::Kind::Lost: return "lost";
    }
    return "index";
}

void ForestReport::add(ForestReport more)
{
    keyCount += more.keyCount;
    pageCount += more.pageCount;
    pagesDifferent += more.pagesDifferent;
    unsoundPages += more.unsoundPages;
    indexCount += more.indexCount;
    damagedCount += more.damagedCount;
    lostCount += more.lostCount;
    repairedCount += more.repairedCount;
    for (auto& leaf : more.leaves) {
        if (leaves.size() < kLeavesReportedMax) leaves.push_back(std::move(leaf));
    }
    for (auto [into, from] : {std::pair{&shared, &more.shared}, std::pair{&local, &more.local}}) {
        into->leaves.merge(from->leaves);
        into->unsoundPages.merge(from->unsoundPages);
    }
}

struct ForestComparison::Accounts {
    std::string tree;
    std::uint32_t pageCount = 1;
    std::vector<merkle::LeafDigest> kept;     // digests of the forest
    std::vector<merkle::LeafDigest> computed; // digests computed from the storage
    std::vector<std::uint32_t> different;     // pages
    std::uint64_t leafCount = 0;
};

struct ForestComparison::Found {
    merkle::KeyHash hash;
    merkle::LeafDigest digest;
    std::string key;
};

ForestComparison::ForestComparison(log::Store& store, const LeafHasher& hasher, Options options, ForestProgress& progress, Hooks hooks)
    : m_store{store}
    , m_hasher{hasher}
    , m_options{std::move(options)}
    , m_progress{progress}
    , m_hooks{std::move(hooks)}
    , m_logId{store.logId()}
{}

ForestComparison::~ForestComparison() = default;

Result<> ForestComparison::checkContents() const
{
    if (m_hooks.isCancelled && m_hooks.isCancelled()) return Error{ErrorCode::Cancelled, "the comparison was cancelled"};
    if (m_store.logId() != m_logId) return Error{ErrorCode::Conflict, "the contents were replaced during the comparison"};
    return {};
}

Result<ForestReport> ForestComparison::run()
{
    auto trees = m_store.forest().state(m_options.trees).trees;
    std::uint64_t total = 0;
    for (const auto& tree : trees) {
        total += tree.leafCount;
        m_known.insert(tree.tree);
    }
    m_progress.keysTotal = total;
    m_progress.stage = ForestProgress::Stage::Building;
    // The trees with the rest of each class come last. Reading the rest skips every other tree, and so finds trees that the forest lacks.
    std::vector<merkle::Forest::TreeState> rest;
    std::erase_if(trees, [&](const auto& tree) { return isRest(tree.tree); });
    for (const char* name : {"s", "l"}) {
        if (!m_options.trees || m_options.trees(name)) rest.push_back({name, {}, 0, 1});
    }
    for (auto& tree : rest) {
        const auto state = m_store.forest().state([&](std::string_view name) { return name == tree.tree; }).trees;
        if (!state.empty()) tree = state.front();
        m_known.insert(tree.tree);
    }

    const auto comparePortions = [&](std::vector<merkle::Forest::TreeState> from, bool tells) -> Result<> {
        for (auto at = from.begin(); at != from.end();) {
            auto to = at;
            for (std::uint64_t leaves = 0; to != from.end() && (to == at || leaves + to->leafCount <= m_options.portionLeaves); ++to) {
                leaves += to->leafCount;
            }
            if (auto captured = capture({at, to}); !captured) return captured;
            if (auto compared = comparePortion(); !compared) return compared;
            m_snapshot.reset();
            if (tells && m_hooks.finished) m_hooks.finished(std::prev(to)->tree);
            at = to;
        }
        return {};
    };
    std::uint64_t skipped = 0;
    std::erase_if(trees, [&](const auto& tree) {
        if (m_options.behind.empty() || tree.tree > m_options.behind) return false;
        skipped += tree.leafCount;
        return true;
    });
    m_progress.keysTotal = total - skipped;
    if (auto compared = comparePortions(std::move(trees), true); !compared) return std::move(compared).error();
    if (auto compared = comparePortions(std::move(rest), false); !compared) return std::move(compared).error();
    std::vector<merkle::Forest::TreeState> unknown;
    for (const auto& tree : m_unknown) unknown.push_back({tree, {}, 0, 1});
    if (auto compared = comparePortions(std::move(unknown), false); !compared) return std::move(compared).error();
    return std::move(m_report);
}

Result<> ForestComparison::capture(const std::vector<merkle::Forest::TreeState>& trees)
{
    if (auto checked = checkContents(); !checked) return checked;
    m_accounts.clear();
    for (const auto& tree : trees) {
        Accounts accounts;
        accounts.tree = tree.tree;
        accounts.pageCount = tree.pageCount;
        accounts.computed.resize(tree.pageCount);
        m_accounts.push_back(std::move(accounts));
    }
    // Snapshot and page digests must show one index:
    // 1. The snapshot is taken.
    // 2. A commit changes a key in storage and forest.
    // 3. The page digests are copied.
    //
    // Every such commit would look like damage. So both are taken between two commit groups.
    return m_store.betweenGroups([this] {
        m_snapshot = m_store.snapshot();
        for (auto& accounts : m_accounts) accounts.kept = m_store.forest().pages(accounts.tree, accounts.pageCount);
    });
}

Result<> ForestComparison::comparePortion()
{
    m_progress.stage = ForestProgress::Stage::Building;
    for (auto& tree : m_accounts) {
        if (auto computed = computeTree(tree); !computed) return computed;
    }
    if (auto checked = checkContents(); !checked) return checked;
    m_progress.stage = ForestProgress::Stage::Replaying;
    for (auto& tree : m_accounts) {
        if (auto sound = checkSoundness(tree); !sound) return sound;
        m_report.pageCount += tree.pageCount;
        for (std::uint32_t page = 0; page < tree.pageCount; ++page) {
            const bool isDifferent = tree.kept[page] != tree.computed[page];
            m_report.pagesDifferent += isDifferent ? 1 : 0;
            if (isDifferent || m_options.isByLeaf) tree.different.push_back(page);
        }
        if (auto compared = compareLeaves(tree); !compared) return compared;
    }
    m_progress.stage = ForestProgress::Stage::Committing;
    return settle();
}

/// Visits the keys of one tree in the snapshot. For the rest of a class, notes the trees that it skips.
Result<> ForestComparison::scanTree(Accounts& tree, const std::function<Result<>(std::string_view, std::string_view)>& visit)
{
    const std::string end = isRest(tree.tree) ? storage::endOfPrefix(tree.tree + "/") : storage::endOfPrefix(tree.tree);
    std::string from = isRest(tree.tree) ? tree.tree + "/" : tree.tree;
    Result<> outcome;
    for (bool isOver = false; !isOver && outcome;) {
        isOver = true;
        std::string next;
        auto scanned = m_snapshot->scan(from, end, [&](std::string_view key, std::string_view value) {
            const auto name = merkle::treeOf(key);
            if (name == tree.tree) {
                outcome = visit(key, value);
                return outcome.has_value();
            }
            if (!isRest(tree.tree)) return true; // another tree whose name has the same beginning
            if (!m_known.contains(name) && (!m_options.trees || m_options.trees(name))) m_unknown.emplace(name);
            next = key.size() > name.size() ? storage::endOfPrefix(std::string{name} + "/") : std::string{key} + '\0';
            isOver = false;
            return false;
        });
        if (!scanned) return scanned;
        from = std::move(next);
    }
    return outcome;
}

Result<> ForestComparison::pace()
{
    if (++m_keysRead % kPaceKeys != 0) return {};
    m_progress.keysDone = m_report.keyCount;
    if (auto checked = checkContents(); !checked) return checked;
    while (m_hooks.hold && m_hooks.hold(m_keysRead)) {
        if (auto checked = checkContents(); !checked) return checked;
    }
    return {};
}

Result<> ForestComparison::computeTree(Accounts& tree)
{
    auto scanned = scanTree(tree, [&](std::string_view key, std::string_view value) -> Result<> {
        const auto hash = m_hasher.keyHash(key);
        if (hash == merkle::KeyHash{}) return Error{ErrorCode::Unavailable, "the barrier is sealed"};
        merkle::mix(tree.computed[merkle::pageOf(hash, tree.pageCount)], m_hasher.leafDigest(hash, value));
        ++tree.leafCount;
        ++m_report.keyCount;
        if (m_options.opensValues && !m_hasher.isAuthentic(key, value)) m_suspects.push_back({tree.tree, hash, std::string{key}});
        return pace();
    });
    m_progress.keysDone = m_report.keyCount;
    return scanned;
}

/// Checks the forest's own sums: the digest of a page must be the XOR of its leaves.
Result<> ForestComparison::checkSoundness(Accounts& tree)
{
    const auto unsound = m_store.forest().unsoundPages(tree.tree);
    if (unsound.empty()) return {};
    m_report.unsoundPages += unsound.size();
    auto& places = merkle::isShared(tree.tree) ? m_report.shared : m_report.local;
    places.unsoundPages.insert(unsound.begin(), unsound.end());
    if (m_options.repair == Repair::None) return {};
    return m_store.sumUpForest(tree.tree);
}

/// Collects the leaves of the pages that differ, some pages at a time, so that memory stays bounded.
Result<> ForestComparison::compareLeaves(Accounts& tree)
{
    const std::uint64_t leavesOfPage = std::max<std::uint64_t>(1, tree.leafCount / tree.pageCount);
    const auto pagesAtOnce = static_cast<std::size_t>(std::max<std::uint64_t>(1, m_options.portionLeaves / leavesOfPage));
    for (std::size_t first = 0; first < tree.different.size(); first += pagesAtOnce) {
        const auto pages = std::span{tree.different}.subspan(first, std::min(pagesAtOnce, tree.different.size() - first));
        std::vector<std::vector<Found>> found(pages.size());
        auto scanned = scanTree(tree, [&](std::string_view key, std::string_view value) -> Result<> {
            const auto hash = m_hasher.keyHash(key);
            const auto page = std::ranges::lower_bound(pages, merkle::pageOf(hash, tree.pageCount));
            if (page != pages.end() && *page == merkle::pageOf(hash, tree.pageCount)) {
                found[static_cast<std::size_t>(page - pages.begin())].push_back({hash, m_hasher.leafDigest(hash, value), std::string{key}});
            }
            return pace();
        });
        if (!scanned) return scanned;
        if (auto checked = checkContents(); !checked) return checked;
        for (std::size_t at = 0; at < pages.size(); ++at) {
            // Compares with the forest of now, not with the captured one: a key that was written since shows up here and is settled in a
            // transaction.
            std::map<merkle::KeyHash, merkle::LeafDigest> kept;
            for (const auto& leaf : m_store.forest().leaves(tree.tree, tree.pageCount, pages[at])) kept.emplace(leaf.hash, leaf.digest);
            for (auto& leaf : found[at]) {
                const auto same = kept.find(leaf.hash);
                if (same == kept.end() || same->second != leaf.digest) m_suspects.push_back({tree.tree, leaf.hash, std::move(leaf.key)});
                if (same != kept.end()) kept.erase(same);
            }
            for (const auto& [hash, digest] : kept) m_suspects.push_back({tree.tree, hash, {}});
        }
    }
    return {};
}

} // namespace core::replication
