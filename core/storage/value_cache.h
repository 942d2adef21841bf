#pragma once

#include "core/base/mutex.h"
#include "core/storage/batch.h"

#include <array>
#include <string>
#include <unordered_map>

namespace core::storage {

/// Values that were read lately, so that reading them again costs neither a search through tables nor a checksum.
///
/// A reader that finds nothing here reads the database and offers what it found with the ticket it was given; the offer is declined
/// where a batch has come in between. While a batch is written its keys are not here and are not taken, so that whoever has seen one
/// of its values never sees an older one of another. Thread-safe; one writer at a time.
class ValueCache {
public:
    explicit ValueCache(std::size_t bytesMax) : m_shardBytesMax{bytesMax / kShardCount} {}

    struct Found {
        std::optional<std::string> value;
        std::uint64_t ticket = 0; // where there is no value
    };
    Found find(std::string_view key);
    void offer(std::uint64_t ticket, std::string_view key, std::string_view value);

    /// Around the writing of a batch, whether that succeeds or not.
    class Change {
    public:
        Change(ValueCache& cache, const Batch& batch);
        ~Change();
        Change(const Change&) = delete;
        Change& operator=(const Change&) = delete;

    private:
        ValueCache& m_cache;
        std::uint32_t m_shards = 0; // a bit for each that the batch concerns
    };
    void clear();

private:
    static constexpr std::size_t kShardCount = 16;
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view key) const { return std::hash<std::string_view>{}(key); }
    };
    using Values = std::unordered_map<std::string, std::string, Hash, std::equal_to<>>;
    /// Two generations: what is found in the older one moves to the younger, and when that is full the older one goes.
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
