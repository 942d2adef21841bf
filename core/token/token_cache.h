#pragma once

#include "core/base/mutex.h"
#include "core/crypto/digest.h"
#include "core/token/token_entry.h"

#include <array>
#include <cstring>
#include <memory>
#include <unordered_map>

namespace core::token {

/// Tokens by the salted digest of their id, in shards, bounded.
///
/// A reader that finds nothing here notes the shard's generation before it reads the storage. insert() drops the entry if an erase happened in
/// between. So the cache never holds an entry older than the last erase. Thread-safe; the shards' mutexes are leaf locks.
class TokenCache {
public:
    static constexpr std::size_t kShardCount = 16;
    static constexpr std::size_t kTokensPerShardMax = 4096;

    struct Found {
        std::shared_ptr<const TokenEntry> entry;
        std::uint64_t generation = 0;
    };
    Found find(const crypto::Digest& key) const;
    void insert(const crypto::Digest& key, std::shared_ptr<const TokenEntry> entry, std::uint64_t generation);
    void erase(const crypto::Digest& key);
    void clear();

private:
    struct Hash {
        std::size_t operator()(const crypto::Digest& key) const noexcept
        {
            std::size_t value;
            std::memcpy(&value, key.data() + 8, sizeof value);
            return value;
        }
    };
    struct alignas(64) Shard {
        mutable SharedMutex mutex;
        std::unordered_map<crypto::Digest, std::shared_ptr<const TokenEntry>, Hash> entries CORE_GUARDED_BY(mutex);
        std::uint64_t generation CORE_GUARDED_BY(mutex) = 0;
    };
    Shard& shardOf(const crypto::Digest& key) { return m_shards[key[0] % kShardCount]; }
    const Shard& shardOf(const crypto::Digest& key) const { return m_shards[key[0] % kShardCount]; }

    std::array<Shard, kShardCount> m_shards;
};

} // namespace core::token
