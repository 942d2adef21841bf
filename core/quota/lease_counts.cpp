#include "core/quota/lease_counts.h"

#include "core/base/logging.h"
#include "core/storage/batch.h"
#include "core/storage/engine.h"

#include <algorithm>

namespace core::quota {
namespace {

constexpr std::string_view kRowFolder = "l/sys/lease/id/"; // core/lease: the lease index

/// Ids end in random characters, so their hash needs no key.
std::uint64_t hashOf(std::string_view leaseId)
{
    return std::hash<std::string_view>{}(leaseId);
}

} // namespace

std::string roleOf(const std::map<std::string, std::string>& metadata)
{
    const auto role = metadata.find("role_name"); // AppRole
    return role == metadata.end() ? std::string{} : role->second;
}

std::string leaseLimitText(std::string_view path)
{
    return "1 error occurred:\n\t* request path \"" + std::string{path} + "\": lease count quota exceeded\n\n";
}

void LeaseCounts::set(std::vector<Rule> rules)
{
    MutexLock lock{m_mutex};
    if (m_counting && m_counting->set.all() == rules) return;
    m_isEmpty.store(rules.empty(), std::memory_order_release);
    m_counting = rules.empty() ? nullptr : std::make_shared<Counting>(std::move(rules));
}

std::shared_ptr<LeaseCounts::Counting> LeaseCounts::counting() const
{
    if (isEmpty()) return nullptr;
    MutexLock lock{m_mutex};
    return m_counting;
}

const Rule* LeaseCounts::ruleOf(const Counting& counting, std::string_view path, std::string_view role) const
{
    const auto route = m_services.router.find(path);
    if (!route) return counting.set.find({}, path, role);
    const auto& point = route->entry.path;
    return counting.set.find(point, path.size() > point.size() ? path.substr(point.size()) : std::string_view{}, role);
}

void LeaseCounts::count(Counting& counting, std::string_view physicalKey) const
{
    const auto leaseId = physicalKey.substr(kRowFolder.size());
    const auto hash = hashOf(leaseId);
    auto& shard = counting.shards[hash % kShardCount];
    MutexLock lock{shard.mutex};
    const auto row = m_services.store.reader().get(physicalKey);
    if (!row) {
        logging::warn("quota", "a lease could not be counted", {{"error", toString(row.error())}});
        return;
    }
    const auto known = shard.ruleOf.find(hash);
    if (!*row) {
        if (known == shard.ruleOf.end()) return;
        --counting.counts[known->second];
        shard.ruleOf.erase(known);
        return;
    }
    if (known != shard.ruleOf.end()) return;
    const auto lease = m_services.leaseOf(leaseId);
    if (!lease.isCounted) return;
    const auto* rule = ruleOf(counting, leaseId.substr(0, leaseId.rfind('/')), lease.role);
    if (!rule) return;
    const auto index = counting.set.indexOf(*rule);
    shard.ruleOf.emplace(hash, index);
    ++counting.counts[index];
}

void LeaseCounts::changed(std::string_view physicalKey)
{
    if (!physicalKey.starts_with(kRowFolder)) return;
    if (const auto now = counting()) count(*now, physicalKey);
}

void LeaseCounts::visitRows(std::size_t limit)
{
    MutexLock visiting{m_visitMutex};
    const auto now = counting();
    if (!now || now->isComplete.load(std::memory_order_acquire)) return;
    std::vector<std::string> keys;
    const auto from = now->visitedUpTo.empty() ? std::string{kRowFolder} : now->visitedUpTo + '\0';
    const auto scanned = m_services.store.reader().scan(from, storage::endOfPrefix(kRowFolder), [&](std::string_view key, std::string_view) {
        keys.emplace_back(key);
        return keys.size() < limit;
    });
    if (!scanned) return logging::warn("quota", "the leases could not be counted", {{"error", toString(scanned.error())}});
    for (const auto& key : keys) count(*now, key);
    if (!keys.empty()) now->visitedUpTo = keys.back();
    if (keys.size() < limit) now->isComplete.store(true, std::memory_order_release);
}

bool LeaseCounts::isFull(std::string_view path, std::string_view role) const
{
    const auto now = counting();
    if (!now) return false;
    const auto* rule = ruleOf(*now, path, role);
    return rule && now->counts[now->set.indexOf(*rule)].load(std::memory_order_relaxed) >= static_cast<std::int64_t>(rule->leaseCountMax);
}

std::vector<std::pair<std::string, std::uint64_t>> LeaseCounts::counts() const
{
    std::vector<std::pair<std::string, std::uint64_t>> out;
    const auto now = counting();
    if (!now) return out;
    for (std::size_t index = 0; index < now->counts.size(); ++index) {
        const auto count = std::max<std::int64_t>(0, now->counts[index].load(std::memory_order_relaxed));
        out.emplace_back(now->set.all()[index].name, static_cast<std::uint64_t>(count));
    }
    return out;
}

std::optional<std::uint64_t> LeaseCounts::countOf(std::string_view ruleName) const
{
    for (const auto& [name, count] : counts()) {
        if (name == ruleName) return count;
    }
    return std::nullopt;
}

} // namespace core::quota
