#include "core/request/meters.h"

namespace core::request {

void Meters::addRoute(std::string_view mountPath, policy::Operation operation, std::chrono::nanoseconds time)
{
    static std::atomic<unsigned> threads{0};
    static thread_local const unsigned index = threads++ % kShardCount;
    const auto at = static_cast<std::size_t>(operation);
    if (at >= kOperationCount) return;
    auto& shard = m_shards[index];
    MutexLock lock{shard.mutex};
    auto found = shard.byMount.find(mountPath);
    if (found == shard.byMount.end()) {
        if (shard.byMount.size() >= kMountsMax) return;
        found = shard.byMount.emplace(mountPath, std::array<Meter::Sum, kOperationCount>{}).first;
    }
    ++found->second[at].count;
    found->second[at].time += time;
}

void Meters::visitRoutes(const RouteVisit& visit) const
{
    std::map<std::string, std::array<Meter::Sum, kOperationCount>> all;
    for (const auto& shard : m_shards) {
        MutexLock lock{shard.mutex};
        for (const auto& [path, sums] : shard.byMount) {
            auto& into = all[path];
            for (std::size_t at = 0; at < kOperationCount; ++at) {
                into[at].count += sums[at].count;
                into[at].time += sums[at].time;
            }
        }
    }
    for (const auto& [path, sums] : all) {
        for (std::size_t at = 0; at < kOperationCount; ++at) {
            if (sums[at].count > 0) visit(path, static_cast<policy::Operation>(at), sums[at]);
        }
    }
}

void Meters::addToken(const TokenKind& kind)
{
    MutexLock lock{m_tokenMutex};
    if (m_tokens.size() < kMountsMax || m_tokens.contains(kind)) ++m_tokens[kind];
}

std::map<Meters::TokenKind, std::uint64_t> Meters::tokens() const
{
    MutexLock lock{m_tokenMutex};
    return m_tokens;
}

std::string Meters::ttlLabel(std::chrono::seconds ttl)
{
    using namespace std::chrono_literals;
    constexpr std::pair<std::chrono::seconds, const char*> kClasses[] = {{1min, "1m"}, {10min, "10m"}, {20min, "20m"}, {1h, "1h"},   {2h, "2h"},
                                                                         {24h, "1d"},  {48h, "2d"},    {168h, "7d"},   {720h, "30d"}};
    if (ttl.count() > 0) {
        for (const auto& [most, label] : kClasses) {
            if (ttl <= most) return label;
        }
    }
    return "+Inf";
}

} // namespace core::request
