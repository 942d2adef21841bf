#pragma once

#include "core/barrier/barrier.h"
#include "core/replication/wire/link.h"

namespace core::replication {

/// The barrier as a link sees it. While the barrier is sealed, nothing verifies, and no link runs.
class BarrierHasher final : public LeafHasher {
public:
    explicit BarrierHasher(const barrier::Barrier& barrier) : m_barrier{barrier} {}
    merkle::KeyHash keyHash(std::string_view key) const override { return m_barrier.keyHash(key).value_or(merkle::KeyHash{}); }
    merkle::LeafDigest leafDigest(const merkle::KeyHash& hash, std::string_view value) const override
    {
        return m_barrier.leafDigest(hash, value).value_or(merkle::LeafDigest{});
    }
    bool isAuthentic(std::string_view key, std::string_view value) const override { return m_barrier.isAuthentic(key, value); }

private:
    const barrier::Barrier& m_barrier;
};

} // namespace core::replication
