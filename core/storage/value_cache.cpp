#include "core/storage/value_cache.h"

namespace core::storage {

namespace {

constexpr std::size_t kEntryBytes = 128; // an estimate of what an entry needs in addition to key and value

std::size_t bytesOf(std::string_view key, std::string_view value)
{
    return key.size() + value.size() + kEntryBytes;
}

/// The store's own rows are read once at most, so they are not cached.
bool isWorthKeeping(std::string_view key)
{
    return !key.starts_with("m/");
}

} // namespace

ValueCache::Found ValueCache::find(std::string_view key)
{
    if (!isWorthKeeping(key)) return {};
    Shard& shard = m_shards[shardOf(key)];
    MutexLock lock{shard.mutex};
    if (const auto at = shard.young.find(key); at != shard.young.end()) return {at->second, 0};
    if (const auto at = shard.old.find(key); at != shard.old.end()) {
        auto entry = shard.old.extract(at);
        Found found{entry.mapped(), 0};
        add(shard, std::move(entry.key()), std::move(entry.mapped()));
        return found;
    }
    return {std::nullopt, shard.version};
}

void ValueCache::offer(std::uint64_t ticket, std::string_view key, std::string_view value)
{
    if (!isWorthKeeping(key) || (ticket & 1) != 0 || key.size() + value.size() > m_shardBytesMax / 8) return;
    Shard& shard = m_shards[shardOf(key)];
    MutexLock lock{shard.mutex};
    if (shard.version == ticket) add(shard, std::string{key}, std::string{value});
}

void ValueCache::add(Shard& shard, std::string key, std::string value)
{
    const std::size_t bytes = bytesOf(key, value);
    if (shard.youngBytes + bytes > m_shardBytesMax / 2) {
        shard.old = std::move(shard.young);
        shard.young = {};
        shard.youngBytes = 0;
    }
    if (shard.young.insert_or_assign(std::move(key), std::move(value)).second) shard.youngBytes += bytes;
}

void ValueCache::clear()
{
    for (Shard& shard : m_shards) {
        MutexLock lock{shard.mutex};
        shard.young.clear();
        shard.old.clear();
        shard.youngBytes = 0;
        shard.version += 2;
    }
}

ValueCache::Change::Change(ValueCache& cache, const Batch& batch) : m_cache{cache}
{
    batch.forEach([&](const Batch::Operation& operation) {
        if (!isWorthKeeping(operation.key)) return;
        const std::size_t at = shardOf(operation.key);
        Shard& shard = m_cache.m_shards[at];
        MutexLock lock{shard.mutex};
        if ((m_shards & (1u << at)) == 0) ++shard.version;
        m_shards |= 1u << at;
        if (const auto young = shard.young.find(operation.key); young != shard.young.end()) {
            shard.youngBytes -= bytesOf(young->first, young->second);
            shard.young.erase(young);
        }
        if (const auto old = shard.old.find(operation.key); old != shard.old.end()) shard.old.erase(old);
    });
}

ValueCache::Change::~Change()
{
    for (std::size_t at = 0; at < kShardCount; ++at) {
        if ((m_shards & (1u << at)) == 0) continue;
        Shard& shard = m_cache.m_shards[at];
        MutexLock lock{shard.mutex};
        ++shard.version;
    }
}

} // namespace core::storage
