#pragma once

#include <cstdint>

namespace sim {

/// While it lives, OpenSSL's randomness follows from the seed: keys, serial numbers and signatures, and with them the
/// sizes of what is stored, are the same in each run.
class DeterministicOpenSsl {
public:
    explicit DeterministicOpenSsl(std::uint64_t seed);
    ~DeterministicOpenSsl();
};

} // namespace sim
