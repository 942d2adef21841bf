#pragma once

#include "core/base/random.h"

namespace core::crypto {

/// The kernel's generator by way of a pool per thread: a nonce then costs nanoseconds instead of a system call.
///
/// Bytes are wiped as they are handed out, and a child process drops what its parent had drawn. Long-lived keys come
/// from OsRandom. Thread-safe.
class PooledRandom final : public Random {
public:
    PooledRandom();
    void fill(std::span<std::byte> out) override;
};

} // namespace core::crypto
