#pragma once

#include "core/base/guarded_cache.h"
#include "core/crypto/digest.h"
#include "core/token/token_entry.h"

#include <cstring>

namespace core::token {

/// A digest is random already.
struct DigestHash {
    std::size_t operator()(const crypto::Digest& key) const noexcept
    {
        std::size_t value;
        std::memcpy(&value, key.data() + 8, sizeof value);
        return value;
    }
};

/// Tokens by the salted digest of their id.
using TokenCache = GuardedCache<crypto::Digest, TokenEntry, DigestHash>;
inline constexpr std::size_t kTokensPerShardMax = 4096;

} // namespace core::token
