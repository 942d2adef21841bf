#include "core/base/cidr.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <optional>

namespace core {
namespace {

struct IpAddress {
    std::array<unsigned char, 16> bytes{};
    unsigned bitCount = 0; // 32 or 128
};

std::optional<IpAddress> parseIpAddress(std::string_view text)
{
    const std::string terminated{text};
    IpAddress address;
    if (inet_pton(AF_INET, terminated.c_str(), address.bytes.data()) == 1) {
        address.bitCount = 32;
        return address;
    }
    if (inet_pton(AF_INET6, terminated.c_str(), address.bytes.data()) != 1) return std::nullopt;
    constexpr std::array<unsigned char, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    if (std::equal(kMapped.begin(), kMapped.end(), address.bytes.begin())) {
        std::memmove(address.bytes.data(), address.bytes.data() + 12, 4);
        std::fill(address.bytes.begin() + 4, address.bytes.end(), 0);
        address.bitCount = 32;
    } else {
        address.bitCount = 128;
    }
    return address;
}

struct Network {
    IpAddress address;
    unsigned prefixBits = 0;
};

void clearHostBits(Network& network)
{
    for (unsigned bit = network.prefixBits; bit < 128; ++bit) {
        network.address.bytes[bit / 8] &= static_cast<unsigned char>(~(0x80U >> (bit % 8)));
    }
}

std::optional<Network> parseNetwork(std::string_view text)
{
    const auto slash = text.find('/');
    const auto address = parseIpAddress(text.substr(0, slash));
    if (!address) return std::nullopt;
    Network network{*address, address->bitCount};
    if (slash != std::string_view::npos) {
        const auto digits = text.substr(slash + 1);
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), network.prefixBits);
        if (error != std::errc{} || end != digits.data() + digits.size() || network.prefixBits > address->bitCount) {
            return std::nullopt;
        }
    }
    clearHostBits(network);
    return network;
}

bool isWithinAny(const Network& inner, std::span<const std::string> networks)
{
    return std::any_of(networks.begin(), networks.end(), [&](const std::string& candidate) {
        const auto outer = parseNetwork(candidate);
        if (!outer || outer->address.bitCount != inner.address.bitCount || outer->prefixBits > inner.prefixBits) return false;
        Network cut{inner.address, outer->prefixBits};
        clearHostBits(cut);
        return cut.address.bytes == outer->address.bytes;
    });
}

} // namespace

Result<std::string> normalizedCidr(std::string_view text)
{
    const auto network = parseNetwork(text);
    if (!network) return Error{ErrorCode::InvalidArgument, "not an address or network: " + std::string{text.substr(0, 60)}};
    char out[INET6_ADDRSTRLEN];
    inet_ntop(network->address.bitCount == 32 ? AF_INET : AF_INET6, network->address.bytes.data(), out, sizeof out);
    if (network->prefixBits == network->address.bitCount) return std::string{out};
    return std::string{out} + "/" + std::to_string(network->prefixBits);
}

bool isInAnyCidr(std::string_view text, std::span<const std::string> networks)
{
    const auto address = parseIpAddress(text);
    return address && isWithinAny({*address, address->bitCount}, networks);
}

bool isNetworkInAny(std::string_view text, std::span<const std::string> networks)
{
    const auto network = parseNetwork(text);
    return network && isWithinAny(*network, networks);
}

} // namespace core
