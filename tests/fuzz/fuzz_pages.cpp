#include "tests/fuzz/link_ends.h"

#include <cstdint>

// Messages of a reconciliation, without the framing that a mutation would break: each is a byte for its type, a length (2), a payload.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace fuzz;
    static constexpr FrameType kToSecondary[] = {FrameType::PageDigests, FrameType::PageDigestsEnd, FrameType::AbsentLeaves, FrameType::ReconcileEnd,
                                                 FrameType::Marker, FrameType::Heartbeat, FrameType::Welcome, FrameType::Refusal};
    static constexpr FrameType kToPrimary[] = {FrameType::PageLeaves, FrameType::PageLeavesEnd, FrameType::Heartbeat, FrameType::Credit,
                                               FrameType::Hello, FrameType::Refusal, FrameType::PageLeaves, FrameType::PageLeaves};
    LinkEnds ends{Type::Dr, LinkEnds::Start::Reconciling};
    for (std::string_view rest{reinterpret_cast<const char*>(data), size}; rest.size() >= 3;) {
        const auto choice = static_cast<std::uint8_t>(rest[0]);
        const std::size_t length = static_cast<std::uint8_t>(rest[1]) | (static_cast<std::size_t>(static_cast<std::uint8_t>(rest[2])) << 8);
        rest.remove_prefix(3);
        const std::string payload{rest.substr(0, length)};
        rest.remove_prefix(payload.size());
        if (choice & 8) ends.toPrimary({kToPrimary[choice & 7], payload});
        else ends.toSecondary({kToSecondary[choice & 7], payload});
    }
    return 0;
}
