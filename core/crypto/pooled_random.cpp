#include "core/crypto/pooled_random.h"

#include <array>
#include <atomic>
#include <cstring>
#include <pthread.h>

namespace core::crypto {
namespace {

constexpr std::size_t kPoolBytes = 4096;

std::atomic<std::uint64_t> g_forkCount{0};

struct Pool {
    Pool() = default;
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;
    ~Pool() { core::wipe(bytes.data(), bytes.size()); }

    std::array<std::byte, kPoolBytes> bytes;
    std::size_t used = kPoolBytes;
    std::uint64_t forkCount = 0;
};

} // namespace

PooledRandom::PooledRandom()
{
    static const int registered = pthread_atfork(nullptr, nullptr, [] { g_forkCount.fetch_add(1); });
    static_cast<void>(registered);
}

void PooledRandom::fill(std::span<std::byte> out)
{
    if (out.size() > kPoolBytes) return OsRandom{}.fill(out);
    static thread_local Pool pool;
    const std::uint64_t forkCount = g_forkCount.load(std::memory_order_relaxed);
    if (pool.forkCount != forkCount || kPoolBytes - pool.used < out.size()) {
        OsRandom{}.fill(pool.bytes);
        pool.used = 0;
        pool.forkCount = forkCount;
    }
    std::memcpy(out.data(), pool.bytes.data() + pool.used, out.size());
    core::wipe(pool.bytes.data() + pool.used, out.size());
    pool.used += out.size();
}

} // namespace core::crypto
