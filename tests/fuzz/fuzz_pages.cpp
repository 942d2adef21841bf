#include "tests/fuzz/link_ends.h"
#include "tests/fuzz/pages_messages.h"

#include <cstdint>

// Messages of a reconciliation, without frames, because a mutation would break those. The first byte chooses the two ends. Then each message is
// a byte for its type, a length (2) and a payload.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace fuzz;
    if (size == 0) return 0;
    LinkEnds ends{data[0] & kIsPerformance ? Type::Performance : Type::Dr, LinkEnds::Start::Reconciling, data[0] & kIsManyKeys ? kManyKeys : 40};
    for (std::string_view rest{reinterpret_cast<const char*>(data) + 1, size - 1}; rest.size() >= 3;) {
        const auto choice = static_cast<std::uint8_t>(rest[0]);
        const std::size_t length = static_cast<std::uint8_t>(rest[1]) | (static_cast<std::size_t>(static_cast<std::uint8_t>(rest[2])) << 8);
        rest.remove_prefix(3);
        const std::string payload{rest.substr(0, length)};
        rest.remove_prefix(payload.size());
        if (choice & kIsToPrimary) ends.toPrimary({kToPrimary[choice & 7], payload});
        else ends.toSecondary({kToSecondary[choice & 7], payload});
    }
    return 0;
}
