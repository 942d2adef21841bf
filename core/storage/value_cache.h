#pragma once

#include "core/base/mutex.h"
#include "core/storage/batch.h"

#include <array>
#include <string>
#include <unordered_map>

namespace core::storage {

/// Values that were read recently. Reading them again then needs no search through tables and no checksum.
///
/// A reader that finds nothing here reads the database, and offers the value with the ticket that it was given. Its offer is refused if a batch was
/// written in between:
/// 1. A reader gets a ticket and reads the old value from the database.
/// 2. A batch replaces the value.
/// 3. The reader offers the old value. Without the ticket, the cache would hold it for good.
/// While a batch is written, the cache holds and accepts none of its keys. So a reader that has seen one new value of the batch never sees an old
/// one. Thread-safe; one writer at a time.
class ValueCache {
public:
    explicit ValueCache(std::size_t bytesMax) : m_shardBytesMax{bytesMax / kShardCount} {}

    struct Found {
        std::optional<std::string> value;
        std::uint64_t ticket = 0; // if there is no value
    };
    Found find(std::string_view key);
    void offer(std::uint64_t ticket, std::string_view key, std::string_view value);

    /// Exists while a batch is written, no matter whether that succeeds.
    class Change {
    public:
        Change(ValueCache& cache, const Batch& batch);
        ~Change();
        Change(const Change&) = delete;
        Change& operator=(const Change&) = delete;

    private:
        ValueCache& m_cache;
        std::uint32_t m_shards = 0; // one bit for each shard that the batch changes
    };
    void clear();

private:
    static constexpr std::size_t kShardCount = 16;
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view key) const { return std::hash<std::string_view>{}(key); }
    };
    using Values = std::unordered_map<std::string, std::string, Hash, std::equal_to<>>;
    /// Two generations. A value that is found in the older one moves to the younger one. When the younger one is full, the older one is dropped.
    struct Shard {
        Mutex mutex; // leaf lock
        Values young CORE_GUARDED_BY(mutex);
        Values old CORE_GUARDED_BY(mutex);
        std::size_t youngBytes CORE_GUARDED_BY(mutex) = 0;
        std::uint64_t version CORE_GUARDED_BY(mutex) = 0; // odd while a batch is being written
    };
    static std::size_t shardOf(std::string_view key) { return Hash{}(key) >> 59 & (kShardCount - 1); }
    void add(Shard& shard, std::string key, std::string value) CORE_REQUIRES(shard.mutex);

    const std::size_t m_shardBytesMax;
    std::array<Shard, kShardCount> m_shards;
};

} // namespace core::storage
