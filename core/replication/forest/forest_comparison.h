#pragma once

#include "core/log/store.h"
#include "core/replication/wire/link.h"

#include <atomic>
#include <map>
#include <set>

namespace core::replication {

/// Something that storage and forest disagree on.
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
    std::uint64_t pagesDifferent = 0; // at the moment of the snapshot; with nothing found behind them it was traffic
    std::uint64_t unsoundPages = 0;   // whose digest was not that of the leaves they hold
    std::uint64_t indexCount = 0, damagedCount = 0, lostCount = 0, repairedCount = 0;
    std::vector<LeafDamage> leaves; // the first kLeavesReportedMax
    struct Places {                 // in a class, by the first two bytes of the key hash
        std::set<std::uint16_t> leaves;
        std::set<std::uint8_t> unsoundPages;
    };
    Places shared, local;

    static constexpr std::size_t kLeavesReportedMax = 1000;
    bool isClean() const { return indexCount + damagedCount + lostCount + unsoundPages == 0; }
    void add(ForestReport more);
};

/// How far a comparison is; read by any thread while it runs.
struct ForestProgress {
    enum class Stage { Scanning, Building, Replaying, Committing };
    std::atomic<Stage> stage{Stage::Scanning};
    std::atomic<std::uint64_t> keysDone{0};
    std::atomic<std::uint64_t> keysTotal{0}; // about, since writes go on
};

/// Computes the forest anew from what is stored, beside all traffic, and compares it with the one that is kept.
///
/// Trees are taken in portions. For each, storage and page digests are captured at one index between two commit groups; then
/// the snapshot is read at leisure, every leaf computed and the pages compared. Only pages that differ are looked at leaf by leaf,
/// and what then differs from the present forest is settled in a transaction that has read it: a key that was written meanwhile conflicts
/// and is looked at again. So traffic never looks like damage, and nothing waits but for the moment of the capture.
///
/// A repair puts the very bytes that are stored once more, with the digest that they have: an ordinary record, safe against crashes.
/// Single use, on one thread; it blocks on the disk.
class ForestComparison {
public:
    enum class Repair {
        None,
        Safe,      // the forest follows values that open; those that do not, or are lost, are asked of the primary, else left
        ByStorage, // the forest follows the storage whatever it holds
    };
    struct Options {
        merkle::TreeFilter trees; // empty: all of them
        bool opensValues = true;  // a digest stands for the value's tag; only opening it tells whether the rest is whole
        bool isByLeaf = false;    // compares all leaves, not those of differing pages only
        Repair repair = Repair::None;
        merkle::TreeFilter canFetch; // whether a primary holds the tree's values too; empty: none
        std::string behind;          // takes up after this tree, in order of name
        std::size_t portionLeaves = 200'000;
    };
    struct Hooks {
        std::function<bool()> isCancelled;
        std::function<void(const std::string& tree)> finished; // all trees up to this one
        std::function<bool(std::uint64_t keysRead)> hold;      // JobPace::hold(); empty: as fast as it goes
    };

    ForestComparison(log::Store& store, const LeafHasher& hasher, Options options, ForestProgress& progress, Hooks hooks);
    ~ForestComparison();

    /// Errors: Cancelled, Conflict (the contents were replaced meanwhile), Unavailable (sealed, stopping), those of the store.
    Result<ForestReport> run();

private:
    struct Accounts; // of one tree: pages as captured, pages as computed
    struct Found;    // a leaf as the snapshot has it
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
    const std::string m_logId; // another one later: the contents were replaced

    std::unique_ptr<storage::Reader> m_snapshot;
    std::vector<Accounts> m_accounts;
    std::set<std::string, std::less<>> m_known;   // trees of the forest when it began
    std::set<std::string, std::less<>> m_unknown; // those that only the storage has
    std::vector<Suspect> m_suspects;
    std::uint64_t m_keysRead = 0; // more than are compared, where pages differ
    ForestReport m_report;
};

} // namespace core::replication
