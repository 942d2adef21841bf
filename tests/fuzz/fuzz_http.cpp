#include "core/base/assert.h"
#include "core/http/message.h"
#include "core/http/parser.h"

#include <boost/asio/buffer.hpp>

#include <cstdint>
#include <filesystem>

// A connection's bytes, in two pieces: each message is refused or becomes a request with a clean path.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace core;
    static const http::Limits limits{.bodyBytesMax = 4096, .headerBytesMax = 2048, .headerCountMax = 16, .jsonDepthMax = 16};
    http::Parser parser{limits, std::filesystem::temp_directory_path().string()};
    std::string_view rest{reinterpret_cast<const char*>(data), size};
    std::size_t available = rest.size() / 2;
    boost::beast::error_code failed;
    while (!parser.is_done()) {
        const auto taken = parser.put(boost::asio::buffer(rest.data(), available), failed);
        rest.remove_prefix(taken);
        if (failed && failed != boost::beast::http::error::need_more) return 0;
        if (available - taken == rest.size() && taken == 0) return 0; // all of it is here, and it is not enough
        available = rest.size();
    }
    auto decoded = http::decode(std::move(parser.message()), limits);
    if (!decoded.refusal) CORE_ASSERT(decoded.request.path.find("..") == std::string::npos || !decoded.request.path.starts_with("../"));
    return 0;
}
