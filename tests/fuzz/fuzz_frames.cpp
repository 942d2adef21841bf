#include "tests/fuzz/link_ends.h"

#include <cstdint>

// The first byte chooses the end, the type and the state. The rest is a stream as a peer might send it. A link ends with an error or continues. It never
// applies an entry that it cannot verify or that it must not carry.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace fuzz;
    if (size == 0) return 0;
    const unsigned choice = data[0];
    const auto start = static_cast<LinkEnds::Start>((choice >> 2) % 3);
    LinkEnds ends{choice & 1 ? Type::Performance : Type::Dr, start};
    std::string_view stream{reinterpret_cast<const char*>(data) + 1, size - 1};
    FrameDecoder decoder;
    decoder.feed(stream.substr(0, stream.size() / 2));
    decoder.feed(stream.substr(stream.size() / 2));
    for (auto frame = decoder.next(); frame && *frame; frame = decoder.next()) {
        if (choice & 2) ends.toPrimary(**frame);
        else ends.toSecondary(**frame);
    }
    CORE_ASSERT(decoder.bufferedBytes() <= stream.size());
    return 0;
}
