#include "tests/sim/determinism.h"

#include "core/base/random.h"

#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/rand.h>

#include <memory>

namespace sim {

namespace {

std::unique_ptr<core::SeededRandom> theRandom;

int fill(unsigned char* out, int count)
{
    theRandom->fill({reinterpret_cast<std::byte*>(out), static_cast<std::size_t>(count)});
    return 1;
}
int isReady()
{
    return 1;
}
const RAND_METHOD kMethod{nullptr, fill, nullptr, nullptr, fill, isReady};

} // namespace

DeterministicOpenSsl::DeterministicOpenSsl(std::uint64_t seed)
{
    theRandom = std::make_unique<core::SeededRandom>(seed ^ 0x5eed);
    RAND_set_rand_method(&kMethod);
}

DeterministicOpenSsl::~DeterministicOpenSsl()
{
    RAND_set_rand_method(nullptr);
    theRandom.reset();
}

} // namespace sim
