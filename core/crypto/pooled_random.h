#pragma once

#include "core/base/random.h"

namespace core::crypto {

/// The kernel's generator, read through a pool per thread. A nonce then costs nanoseconds instead of a system call.
///
/// Bytes are wiped when they are handed out. A child process drops the bytes that its parent had drawn. Long-lived keys come from OsRandom.
/// Thread-safe.
class PooledRandom final : public Random {
public:
    PooledRandom();
    void fill(std::span<std::byte> out) override;
};

} // namespace core::crypto
