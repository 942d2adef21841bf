#include "core/base/assert.h"
#include "core/http/message.h"
#include "core/http/parser.h"
#include "core/http/target.h"

#include <boost/asio/buffer.hpp>

#include <cstdint>
#include <filesystem>

// The bytes of a connection, in two pieces. Each message is refused or becomes a request with a clean path.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace core;
    static const http::Limits limits{
        .bodyBytesMax = 4096,
        .headerBytesMax = 2048,
        .headerCountMax = 16,
        .json = {.depthMax = 16, .stringBytesMax = 64, .objectEntryCountMax = 8, .arrayElementCountMax = 8, .tokenCountMax = 64}};
    struct Counter final : http::BodyCounter {
        bool takeBody(std::uint64_t before, std::uint64_t bytes, bool) override { return before + bytes <= 4096; }
    };
    static Counter counter;
    static const http::Upload upload{.directory = std::filesystem::temp_directory_path().string(), .bytesMax = 4096, .freeBytesMin = 0};
    http::Parser parser{limits, upload, counter};
    std::string_view rest{reinterpret_cast<const char*>(data), size};
    std::size_t available = rest.size() / 2;
    boost::beast::error_code failed;
    while (!parser.is_done()) {
        const auto taken = parser.feed(boost::asio::buffer(rest.data(), available), failed);
        rest.remove_prefix(taken);
        if (failed && failed != boost::beast::http::error::need_more) return 0;
        if (available - taken == rest.size() && taken == 0) return 0; // all of it is here, and it is not enough
        available = rest.size();
    }
    auto decoded = http::decode(std::move(parser.message()), limits);
    if (!decoded.refusal) CORE_ASSERT(!http::hasDotSegment(decoded.request.path));
    return 0;
}
