#pragma once

#include "core/log/store.h"
#include "core/replication/wire/link.h"

#include <atomic>
#include <map>
#include <set>

namespace core::replication {

/// A disagreement between storage and forest.
struct LeafDamage {
    enum class Kind {
        Index,   // the stored value is good, but the forest holds another digest of it, or none
        Damaged, // the stored value does not open: its bytes are not those that were written
        Lost,    // the forest holds a leaf, the storage has no value for it
    };
    Kind kind = Kind::Index;
    std::string tree;
    merkle::KeyHash hash{};
    bool isRepaired = false;
};
/// "index", "damaged", "lost".
std::string_view toString(LeafDamage::Kind kind);

struct ForestReport {
    std::uint64_t keyCount = 0;
    std::uint64_t pageCount = 0;
    std::uint64_t pagesDifferent = 0; // at the moment of the snapshot; if nothing was found in them, it was traffic
    std::uint64_t unsoundPages = 0;   // whose digest was not the digest of the leaves in them
    std::uint64_t indexCount = 0, damagedCount = 0, lostCount = 0, repairedCount = 0;
    std::vector<LeafDamage> leaves; // the first kLeavesReportedMax
    struct Places {                 // by class, by the first two bytes of the key hash
        std::set<std::uint16_t> leaves;
        std::set<std::uint8_t> unsoundPages;
    };
    Places shared, local;

    static constexpr std::size_t kLeavesReportedMax = 1000;
    bool isClean() const { return indexCount + damagedCount + lostCount + unsoundPages == 0; }
    void add(ForestReport more);
};

/// The progress of a comparison. Any thread may read it.
struct ForestProgress {
    enum class Stage { Scanning, Building, Replaying, Committing };
    std::atomic<Stage> stage{Stage::Scanning};
    std::atomic<std::uint64_t> keysDone{0};
    std::atomic<std::uint64_t> keysTotal{0}; // an estimate, because writes continue
};

/// Computes the forest again from the stored values and compares it with the forest that is kept. It runs beside traffic.
///
/// It takes trees in portions:
/// 1. Between two commit groups it captures a snapshot of the storage and the page digests. Both show one index. Only this moment holds up
///    writers.
/// 2. It reads the snapshot, computes every leaf and compares the pages.
/// 3. It compares the leaves of pages that differ with the present forest.
/// 4. It settles a leaf that still differs in a transaction that reads its value. If somebody has written the key since, the transaction
///    conflicts, and the leaf is looked at again. So traffic never looks like damage.
///
/// A repair writes the stored bytes again with their own digest: an ordinary record, safe against crashes. Single use, on one thread. It
/// blocks on the disk.
class ForestComparison {
public:
    enum class Repair {
        None,
        Safe,      // the forest follows values that open; others, and lost ones, are fetched from the primary, or left
        ByStorage, // the forest follows the storage, damaged values included
    };
    struct Options {
        merkle::TreeFilter trees; // empty: all of them
        bool opensValues = true;  // also opens each value, because its digest covers only the authentication tag
        bool isByLeaf = false;    // compares all leaves, not only those of pages that differ
        Repair repair = Repair::None;
        merkle::TreeFilter canFetch; // whether a primary holds the tree's values too; empty: none
        std::string behind;          // begins after this tree, in order of name
        std::size_t portionLeaves = 200'000;
    };
    struct Hooks {
        std::function<bool()> isCancelled;
        std::function<void(const std::string& tree)> finished; // all trees up to this one
        std::function<bool(std::uint64_t keysRead)> hold;      // JobPace::hold(); empty: no pauses
    };

    ForestComparison(log::Store& store, const LeafHasher& hasher, Options options, ForestProgress& progress, Hooks hooks);
    ~ForestComparison();

    /// Errors: Cancelled, Conflict (the contents were replaced), Unavailable (sealed, stopping), those of the store.
    Result<ForestReport> run();

private:
    struct Accounts; // of one tree: pages as captured, pages as computed
    struct Found;    // a leaf in the snapshot
    struct Suspect {
        std::string tree;
        merkle::KeyHash hash{};
        std::string key; // empty: not known yet
    };

    Result<> capture(const std::vector<merkle::Forest::TreeState>& trees);
    Result<> comparePortion();
    Result<> scanTree(Accounts& tree, const std::function<Result<>(std::string_view key, std::string_view value)>& visit);
    Result<> pace();
    Result<> computeTree(Accounts& tree);
    Result<> compareLeaves(Accounts& tree);
    Result<> checkSoundness(Accounts& tree);
    Result<> settle();
    Result<> settleBatch(std::span<Suspect> suspects);
    Result<std::optional<LeafDamage>> judge(log::Transaction& transaction, Suspect& suspect, std::size_t& bytes);
    Result<> checkContents() const;
    void note(LeafDamage damage);

    log::Store& m_store;
    const LeafHasher& m_hasher;
    const Options m_options;
    ForestProgress& m_progress;
    const Hooks m_hooks;
    const std::string m_logId; // if it changes, the contents were replaced

    std::unique_ptr<storage::Reader> m_snapshot;
    std::vector<Accounts> m_accounts;
    std::set<std::string, std::less<>> m_known;   // trees of the forest when it began
    std::set<std::string, std::less<>> m_unknown; // trees that only the storage has
    std::vector<Suspect> m_suspects;
    std::uint64_t m_keysRead = 0; // more than the number compared, because pages that differ are read twice
    ForestReport m_report;
};

} // namespace core::replication
