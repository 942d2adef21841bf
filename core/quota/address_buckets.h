#pragma once

#include "core/base/clock.h"
#include "core/base/mutex.h"

#include <array>
#include <cstdint>
#include <list>
#include <string_view>
#include <unordered_map>

namespace core::quota {

/// How many requests an address may make.
struct Limit {
    std::uint64_t id = 0; // of the rule, as it is now; a changed rule has another one, so it begins with full buckets
    std::uint64_t count = 0;
    std::chrono::nanoseconds interval{0};
    std::chrono::nanoseconds block{0};
};

/// What one request met.
struct Taken {
    bool isAllowed = true;
    std::uint64_t remaining = 0;
    std::chrono::nanoseconds untilReset{0}; // until the address can make requests again, or has all of them again
};

/// The client addresses of this node, with what each has left of a limit. An interval begins with the first request of the address.
///
/// Bounded: at most kAddressesMax at any time; the one that was not seen for the longest time is forgotten first. Divided into shards with a lock each,
/// which is held for a look-up in memory. The hash has a random key, so that nobody can choose addresses that share a place. Thread-safe.
class AddressBuckets {
public:
    static constexpr std::size_t kAddressesMax = 65'536;
    static constexpr std::size_t kShardCount = 64;

    explicit AddressBuckets(std::uint64_t hashKey) : m_hashKey{hashKey | 1} {}

    Taken take(const Limit& limit, std::string_view address, SteadyTime now);
    /// Forgets addresses that were not seen for `idle` and are not blocked.
    void forgetIdle(SteadyTime now, std::chrono::nanoseconds idle);
    std::size_t size() const;

private:
    struct Key {
        std::array<std::uint64_t, 2> address{}; // IPv4 as in IPv6 form
        std::uint64_t limitId = 0;
        std::uint64_t mixed = 0; // of the others with the hash key
        bool operator==(const Key&) const = default;
    };
    struct Bucket {
        Key key;
        std::uint64_t remaining = 0;
        SteadyTime resetAt;
        SteadyTime blockedUntil;
        SteadyTime seenAt;
    };
    struct Hash {
        std::size_t operator()(const Key& key) const noexcept { return key.mixed; }
    };
    struct alignas(64) Shard {
        mutable Mutex mutex;                            // leaf lock
        std::list<Bucket> byAge CORE_GUARDED_BY(mutex); // the one seen last is first
        std::unordered_map<Key, std::list<Bucket>::iterator, Hash> byKey CORE_GUARDED_BY(mutex);
    };
    Key keyOf(const Limit& limit, std::string_view address) const;
    static Bucket& bucketOf(Shard& shard, const Key& key, const Limit& limit, SteadyTime now) CORE_REQUIRES(shard.mutex);

    const std::uint64_t m_hashKey;
    std::array<Shard, kShardCount> m_shards;
};

} // namespace core::quota
