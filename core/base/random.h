#pragma once

#include "core/base/secret_bytes.h"

#include <cstdint>
#include <random>
#include <span>
#include <string>

namespace core {

/// Randomness. It is handed in, so that the simulator can replay it. Implementations are thread-safe unless they say otherwise.
class Random {
public:
    virtual ~Random() = default;
    virtual void fill(std::span<std::byte> out) = 0;

    SecretBytes secret(std::size_t size);
    std::string bytes(std::size_t size);
    std::uint64_t number();
    /// `length` characters of 0-9A-Za-z, without bias.
    std::string base62(std::size_t length);
    /// A version 4 UUID in lower case.
    std::string uuid();
};

/// The kernel's generator. Thread-safe.
class OsRandom final : public Random {
public:
    void fill(std::span<std::byte> out) override;
};

/// The same sequence for the same seed; for tests and the simulator only. Not thread-safe.
class SeededRandom final : public Random {
public:
    explicit SeededRandom(std::uint64_t seed) : m_engine{seed} {}
    void fill(std::span<std::byte> out) override;

private:
    std::mt19937_64 m_engine;
};

} // namespace core
