#include "core/replication/forest/forest_comparison.h"

#include <algorithm>
#include <tuple>

namespace core::replication {

namespace {

constexpr std::size_t kBatchCount = 256;
constexpr std::size_t kBatchBytes = 1u << 20;
constexpr int kAttemptsMax = 100; // tries, for one key that is written again and again

/// A digest that no value has. The leaf then differs from the primary's, so a reconciliation fetches its value.
merkle::LeafDigest askingFor(merkle::LeafDigest digest)
{
    for (auto& byte : digest) byte = static_cast<std::uint8_t>(~byte);
    return digest;
}

} // namespace

void ForestComparison::note(LeafDamage damage)
{
    switch (damage.kind) {
    case LeafDamage::Kind::Index: ++m_report.indexCount; break;
    case LeafDamage::Kind::Damaged: ++m_report.damagedCount; break;
    case LeafDamage::Kind::Lost: ++m_report.lostCount; break;
    }
    m_report.repairedCount += damage.isRepaired ? 1 : 0;
    auto& places = merkle::isShared(damage.tree) ? m_report.shared : m_report.local;
    places.leaves.insert(static_cast<std::uint16_t>((damage.hash[0] << 8) | damage.hash[1]));
    if (m_report.leaves.size() < ForestReport::kLeavesReportedMax) m_report.leaves.push_back(std::move(damage));
}

Result<> ForestComparison::settle()
{
    std::ranges::sort(m_suspects, {}, [](const Suspect& suspect) { return std::tie(suspect.tree, suspect.hash); });
    // If a value does not open and its leaf differs too, that is one finding. The entry that knows the key stays.
    std::vector<Suspect> once;
    for (auto& suspect : m_suspects) {
        if (!once.empty() && once.back().tree == suspect.tree && once.back().hash == suspect.hash) {
            if (once.back().key.empty()) once.back().key = std::move(suspect.key);
            continue;
        }
        once.push_back(std::move(suspect));
    }
    m_suspects.clear();
    for (std::size_t from = 0; from < once.size(); from += kBatchCount) {
        if (auto checked = checkContents(); !checked) return checked;
        auto settled = settleBatch(std::span{once}.subspan(from, std::min(kBatchCount, once.size() - from)));
        if (!settled) return settled;
    }
    return {};
}

/// Judges each suspect in a transaction and commits it with the repair. If one of them was written since, the transaction conflicts, and
/// all are judged again, in smaller and smaller portions:
/// 1. A client writes the key of a suspect after this transaction read it.
/// 2. A repair without a conflict would put the old value back.
///
/// So the repair and the read are one transaction.
Result<> ForestComparison::settleBatch(std::span<Suspect> suspects)
{
    int attempts = 0;
    for (std::size_t atOnce = suspects.size(); !suspects.empty();) {
        log::Transaction transaction = m_store.begin();
        if (auto checked = checkContents(); !checked) return checked; // contents that are replaced after this cause a conflict
        std::vector<LeafDamage> found;
        std::size_t count = 0;
        for (std::size_t bytes = 0; count < std::min(atOnce, suspects.size()) && bytes < kBatchBytes; ++count) {
            auto judged = judge(transaction, suspects[count], bytes);
            if (!judged) return std::move(judged).error();
            if (*judged) found.push_back(std::move(**judged));
        }
        const auto committed = m_store.commitAndWait(std::move(transaction));
        if (!committed && committed.error().code == ErrorCode::Conflict) {
            if (count == 1 && ++attempts > kAttemptsMax) return committed.error().withContext("a key was written at each of 100 tries");
            atOnce = std::max<std::size_t>(1, count / 2);
            continue;
        }
        if (!committed) return committed.error();
        attempts = 0;
        for (auto& damage : found) note(std::move(damage));
        suspects = suspects.subspan(count);
    }
    return {};
}

/// Finds out what is wrong with a leaf at the index at which the transaction began, if anything. Adds the repair to the transaction.
Result<std::optional<LeafDamage>> ForestComparison::judge(log::Transaction& transaction, Suspect& suspect, std::size_t& bytes)
{
    std::optional<LeafDamage> sound;
    if (suspect.key.empty()) {
        auto key = m_store.keyOf(suspect.tree, suspect.hash);
        if (!key && key.error().code != ErrorCode::Corrupt) return std::move(key).error();
        if (key && !*key) return sound; // deleted since
        if (key) suspect.key = std::move(**key);
    }
    LeafDamage damage{LeafDamage::Kind::Lost, suspect.tree, suspect.hash, false};
    if (suspect.key.empty()) return damage; // the row with its name is lost too, so nobody knows the key
    auto value = transaction.get(suspect.key);
    if (!value) return std::move(value).error();
    const auto leaf = m_store.forest().find(suspect.tree, suspect.hash);
    if (!*value && !leaf) return sound;
    const bool isByStorage = m_options.repair == Repair::ByStorage;
    const bool isFetched = m_options.repair == Repair::Safe && m_options.canFetch && m_options.canFetch(suspect.tree);
    log::Operation operation{log::OperationKind::Delete, suspect.key, {}, suspect.hash, {}};
    if (!*value) {
        damage.isRepaired = isByStorage || isFetched;
        if (damage.isRepaired) transaction.erase(std::move(operation));
        return damage;
    }
    bytes += (*value)->size();
    const auto digest = m_hasher.leafDigest(suspect.hash, **value);
    const bool opens = m_hasher.isAuthentic(suspect.key, **value);
    if (opens && leaf == digest) return sound;
    // A damaged value is fetched if a primary has it. Else its leaf follows the stored bytes (by storage only), or stays as it is.
    damage.kind = opens ? LeafDamage::Kind::Index : LeafDamage::Kind::Damaged;
    const auto wanted = opens || !isFetched ? digest : askingFor(digest);
    const bool mayPut = m_options.repair != Repair::None && (opens || isByStorage || isFetched);
    damage.isRepaired = mayPut && (opens || isFetched);
    if (!mayPut || leaf == wanted) return damage;
    operation.kind = log::OperationKind::Put;
    operation.value = std::move(**value);
    operation.leafDigest = wanted;
    transaction.put(std::move(operation));
    return damage;
}

} // namespace core::replication
