#pragma once

#include <cstdint>

namespace sim {

/// While it exists, OpenSSL takes its randomness from the seed. Keys, serial numbers and signatures, and so the sizes of stored data, are
/// then the same in each run.
class DeterministicOpenSsl {
public:
    explicit DeterministicOpenSsl(std::uint64_t seed);
    ~DeterministicOpenSsl();
};

} // namespace sim
