#include "core/quota/rate_limits.h"

#include <algorithm>
#include <cmath>

namespace core::quota {
namespace {

std::string wholeSeconds(std::chrono::nanoseconds time)
{
    return std::to_string(std::chrono::ceil<std::chrono::seconds>(time).count());
}

Limit limitOf(const Rule& rule, std::uint64_t id)
{
    return {.id = id, .count = static_cast<std::uint64_t>(std::llround(rule.rate)), .interval = rule.interval, .block = rule.blockInterval};
}

} // namespace

void RateLimits::set(std::vector<Rule> given, Settings settings)
{
    auto next = std::make_shared<Rules>(std::move(given), std::move(settings));
    MutexLock lock{m_mutex};
    for (const auto& rule : next->set.all()) {
        std::shared_ptr<Counted> counted;
        if (m_rules) {
            const auto& before = m_rules->set.all();
            const auto same = std::ranges::find(before, rule);
            if (same != before.end()) counted = m_rules->counted[m_rules->set.indexOf(*same)];
        }
        if (!counted) {
            counted = std::make_shared<Counted>();
            counted->limit = limitOf(rule, m_nextId++);
        }
        next->counted.push_back(std::move(counted));
    }
    m_isEmpty.store(next->set.isEmpty(), std::memory_order_release);
    m_rules = std::move(next);
    static std::atomic<std::uint64_t> lastVersion{0};
    m_version.store(lastVersion.fetch_add(1) + 1, std::memory_order_release);
}

const RateLimits::Rules* RateLimits::rules() const
{
    // Each thread keeps the rules that it has seen last, so that threads contend neither for the lock nor for a reference count. No two sets of rules have
    // one version, not even those of two objects.
    struct Kept {
        std::uint64_t version = 0;
        std::shared_ptr<const Rules> rules;
    };
    static thread_local Kept kept;
    if (kept.version != m_version.load(std::memory_order_acquire)) {
        MutexLock lock{m_mutex};
        kept.rules = m_rules;
        kept.version = m_version.load(std::memory_order_relaxed);
    }
    return kept.rules.get();
}

bool RateLimits::needsRole(std::string_view mountPath) const
{
    if (isEmpty()) return false;
    const auto* now = rules();
    return now && now->set.needsRole(mountPath);
}

RateLimits::Verdict RateLimits::count(const Asked& asked, SteadyTime now)
{
    if (isEmpty()) return {};
    const auto* known = rules();
    const auto* rule = known ? known->set.find(asked.mountPath, asked.relativePath, asked.role) : nullptr;
    if (!rule || known->settings.isExempt(asked.path)) return {};
    auto& counted = *known->counted[known->set.indexOf(*rule)];
    const auto taken = m_buckets.take(counted.limit, asked.address, now);
    Verdict verdict{.isRefused = !taken.isAllowed, .isAudited = known->settings.isRefusalAudited, .headers = {}};
    if (verdict.isRefused) counted.refusals.fetch_add(1, std::memory_order_relaxed);
    if (!known->settings.hasHeaders) return verdict;
    const auto seconds = wholeSeconds(taken.untilReset);
    verdict.headers = {{"X-Ratelimit-Limit", std::to_string(counted.limit.count)},
                       {"X-Ratelimit-Remaining", std::to_string(taken.remaining)},
                       {"X-Ratelimit-Reset", seconds}};
    if (verdict.isRefused) verdict.headers.emplace_back("Retry-After", seconds);
    return verdict;
}

std::vector<std::pair<std::string, std::uint64_t>> RateLimits::refusals() const
{
    MutexLock lock{m_mutex};
    std::vector<std::pair<std::string, std::uint64_t>> out;
    if (!m_rules) return out;
    for (std::size_t index = 0; index < m_rules->counted.size(); ++index) {
        out.emplace_back(m_rules->set.all()[index].name, m_rules->counted[index]->refusals.load(std::memory_order_relaxed));
    }
    return out;
}

} // namespace core::quota
