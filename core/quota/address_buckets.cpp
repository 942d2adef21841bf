#include "core/quota/address_buckets.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>
#include <string>

namespace core::quota {
namespace {

/// One step of a keyed hash: both halves of the product of two 64-bit numbers.
std::uint64_t mix(std::uint64_t a, std::uint64_t b)
{
    __extension__ using Wide = unsigned __int128;
    const auto product = static_cast<Wide>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

/// What is no IP address, for example the empty address of a Unix socket, is one client.
std::array<std::uint64_t, 2> numbersOf(std::string_view text)
{
    std::array<std::uint64_t, 2> out{};
    const std::string terminated{text};
    unsigned char bytes[16]{};
    if (inet_pton(AF_INET, terminated.c_str(), bytes + 12) == 1) {
        bytes[10] = bytes[11] = 0xff;
    } else if (inet_pton(AF_INET6, terminated.c_str(), bytes) != 1) {
        return out;
    }
    std::memcpy(out.data(), bytes, sizeof bytes);
    return out;
}

} // namespace

AddressBuckets::Key AddressBuckets::keyOf(const Limit& limit, std::string_view address) const
{
    constexpr std::uint64_t kFirst = 0x9e3779b97f4a7c15U;
    constexpr std::uint64_t kSecond = 0xbf58476d1ce4e5b9U;
    const auto hashKey = mix(m_hashKey ^ kFirst, kSecond) | 1; // many bits, also of a small number
    Key key{.address = numbersOf(address), .limitId = limit.id, .mixed = 0};
    key.mixed = mix(mix(key.address[0] ^ hashKey, key.address[1] ^ kFirst) ^ key.limitId, hashKey ^ kSecond);
    return key;
}

AddressBuckets::Bucket& AddressBuckets::bucketOf(Shard& shard, const Key& key, const Limit& limit, SteadyTime now)
{
    if (const auto found = shard.byKey.find(key); found != shard.byKey.end()) {
        shard.byAge.splice(shard.byAge.begin(), shard.byAge, found->second);
        return shard.byAge.front();
    }
    if (shard.byKey.size() >= kAddressesMax / kShardCount) {
        shard.byKey.erase(shard.byAge.back().key);
        shard.byAge.pop_back();
    }
    shard.byAge.push_front({.key = key, .remaining = limit.count, .resetAt = now + limit.interval, .blockedUntil = {}, .seenAt = now});
    shard.byKey.emplace(key, shard.byAge.begin());
    return shard.byAge.front();
}

Taken AddressBuckets::take(const Limit& limit, std::string_view address, SteadyTime now)
{
    const auto key = keyOf(limit, address);
    auto& shard = m_shards[(key.mixed >> 32) % kShardCount];
    MutexLock lock{shard.mutex};
    auto& bucket = bucketOf(shard, key, limit, now);
    bucket.seenAt = now;
    if (bucket.blockedUntil > now) return {.isAllowed = false, .remaining = 0, .untilReset = bucket.blockedUntil - now};
    if (bucket.resetAt <= now) {
        const auto passed = (now - bucket.resetAt) / limit.interval + 1; // whole intervals
        bucket.resetAt += passed * limit.interval;
        bucket.remaining = limit.count;
    }
    if (bucket.remaining > 0) {
        --bucket.remaining;
        return {.isAllowed = true, .remaining = bucket.remaining, .untilReset = bucket.resetAt - now};
    }
    if (limit.block.count() > 0) bucket.blockedUntil = now + limit.block;
    return {.isAllowed = false, .remaining = 0, .untilReset = std::max<std::chrono::nanoseconds>(bucket.resetAt - now, limit.block)};
}

void AddressBuckets::forgetIdle(SteadyTime now, std::chrono::nanoseconds idle)
{
    for (auto& shard : m_shards) {
        MutexLock lock{shard.mutex};
        // The list is in the order of the last request, so the idle ones are at its end. A blocked one at the end keeps those before it a little longer.
        while (!shard.byAge.empty() && now - shard.byAge.back().seenAt >= idle && shard.byAge.back().blockedUntil <= now &&
               shard.byAge.back().resetAt <= now) {
            shard.byKey.erase(shard.byAge.back().key);
            shard.byAge.pop_back();
        }
    }
}

std::size_t AddressBuckets::size() const
{
    std::size_t count = 0;
    for (const auto& shard : m_shards) {
        MutexLock lock{shard.mutex};
        count += shard.byKey.size();
    }
    return count;
}

} // namespace core::quota
