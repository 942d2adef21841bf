#include "core/server/config/address_template.h"

#include <cstdint>

// A text becomes an address or an error. The address contains no template, and stays the same when it is expanded again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace core::server;
    static const std::vector<InterfaceAddress> machine{
        {.interface = "lo", .address = "127.0.0.1", .prefixBits = 8, .isLoopback = true},
        {.interface = "eth0", .address = "fe80::1", .prefixBits = 64, .isV6 = true, .hasDefaultRoute = true},
        {.interface = "eth0", .address = "10.0.0.5", .prefixBits = 24, .isBroadcast = true, .hasDefaultRoute = true},
        {.interface = "eth1", .address = "8.8.4.4", .prefixBits = 28},
        {.interface = "eth1", .address = "192.168.7.10", .prefixBits = 16, .isUp = false},
    };
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    const auto expanded = expandAddressTemplate(text, machine);
    if (!expanded) {
        CORE_ASSERT(!expanded.error().detail.empty() && expanded.error().detail.size() < 1000);
        return 0;
    }
    if (text.find("{{") == std::string_view::npos) {
        CORE_ASSERT(*expanded == text);
    } else {
        CORE_ASSERT(!expanded->empty());
    }
    return 0;
}
