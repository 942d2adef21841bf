#include "core/base/assert.h"
#include "core/base/cidr.h"
#include "core/http/forwarded_for.h"
#include "core/http/proxy_header.h"

#include <cstdint>

// Bytes as the start of a proxy's connection, and as X-Forwarded-For headers, one for each line. An accepted address is a real address.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace core;
    using Kind = http::ProxyHeader::Kind;
    const std::string_view bytes{reinterpret_cast<const char*>(data), size};
    const auto header = http::parseProxyHeader(bytes);
    if (header.kind == Kind::Present) CORE_ASSERT(header.byteCount > 0 && header.byteCount <= std::min(size, http::kProxyHeaderBytesMax));
    if (header.kind == Kind::Incomplete) CORE_ASSERT(size < http::kProxyHeaderBytesMax);
    if (header.source) CORE_ASSERT(header.kind == Kind::Present && normalizedCidr(header.source->address));
    // Further bytes never change the result.
    if (header.kind == Kind::Present) CORE_ASSERT(http::parseProxyHeader(std::string{bytes} + "x").byteCount == header.byteCount);

    std::vector<mount::Header> headers;
    std::string_view rest = bytes;
    while (!rest.empty()) {
        const auto end = rest.find('\n');
        headers.push_back({"x-forwarded-for", std::string{rest.substr(0, end)}});
        rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    }
    const http::ForwardedForRules rules{
        .authorizedNetworks = {"10.0.0.0/8"}, .hopSkips = size % 3, .rejectsNotAuthorized = true, .rejectsNotPresent = true};
    const auto address = http::clientAddress(rules, "10.1.2.3", headers);
    if (address) CORE_ASSERT(normalizedCidr(*address) && address->find('/') == std::string::npos);
    return 0;
}
