#include "core/token/token_cache.h"

namespace core::token {

TokenCache::Found TokenCache::find(const crypto::Digest& key) const
{
    const Shard& shard = shardOf(key);
    ReadLock lock{shard.mutex};
    const auto at = shard.entries.find(key);
    return {at == shard.entries.end() ? nullptr : at->second, shard.generation};
}

void TokenCache::insert(const crypto::Digest& key, std::shared_ptr<const TokenEntry> entry, std::uint64_t generation)
{
    Shard& shard = shardOf(key);
    WriteLock lock{shard.mutex};
    if (shard.generation != generation) return;
    // Any entry can be dropped; loading it again costs one read.
    if (shard.entries.size() >= kTokensPerShardMax) shard.entries.erase(shard.entries.begin());
    shard.entries.insert_or_assign(key, std::move(entry));
}

void TokenCache::erase(const crypto::Digest& key)
{
    Shard& shard = shardOf(key);
    WriteLock lock{shard.mutex};
    ++shard.generation;
    shard.entries.erase(key);
}

void TokenCache::clear()
{
    for (Shard& shard : m_shards) {
        WriteLock lock{shard.mutex};
        ++shard.generation;
        shard.entries.clear();
    }
}

} // namespace core::token
