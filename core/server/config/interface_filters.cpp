#include "core/server/config/interface_filters.h"

#include "core/base/cidr.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <charconv>
#include <functional>
#include <iterator>
#include <regex>

namespace core::server {
namespace {

using Addresses = std::vector<InterfaceAddress>;

constexpr std::size_t kExpressionBytesMax = 100;

Error invalid(std::string text)
{
    return Error{ErrorCode::InvalidArgument, std::move(text)};
}

std::string inQuotes(std::string_view text)
{
    return '"' + std::string{text.substr(0, 100)} + '"';
}

std::string lowered(std::string_view text)
{
    std::string out{text};
    std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
    return out;
}

std::vector<std::string> split(std::string_view text, char separator)
{
    std::vector<std::string> out;
    while (true) {
        const auto end = text.find(separator);
        out.emplace_back(text.substr(0, end));
        if (end == std::string_view::npos) return out;
        text.remove_prefix(end + 1);
    }
}

const std::vector<std::string>& networksOfRfc6890()
{
    static const std::vector<std::string> all{"0.0.0.0/8",     "10.0.0.0/8",      "100.64.0.0/10",  "127.0.0.0/8",    "169.254.0.0/16",
                                              "172.16.0.0/12", "192.0.0.0/24",    "192.0.2.0/24",   "192.88.99.0/24", "192.168.0.0/16",
                                              "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",    "255.255.255.255/32",
                                              "::1/128",       "::/128",          "64:ff9b::/96",   "100::/64",       "2001::/23",
                                              "2001:db8::/32", "2002::/16",       "fc00::/7",       "fe80::/10"};
    return all;
}

const std::vector<std::string>& networksThatAreNotForwarded()
{
    static const std::vector<std::string> all{"0.0.0.0/8",       "127.0.0.0/8",    "169.254.0.0/16", "192.0.0.0/24",       "192.0.2.0/24",
                                              "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",    "255.255.255.255/32", "::1/128",
                                              "::/128",          "2001:db8::/32",  "2001:10::/28",   "fe80::/10"};
    return all;
}

bool isForwardable(const InterfaceAddress& address)
{
    return !isInAnyCidr(address.address, networksThatAreNotForwarded());
}
bool isPrivate(const InterfaceAddress& address)
{
    return isInAnyCidr(address.address, networksOfRfc6890());
}

using Test = std::function<bool(const InterfaceAddress&)>;

/// The polynomial matcher of libstdc++ has no backtracking, so no expression can run without end.
Result<std::regex> expressionOf(std::string_view text)
{
    if (text.size() > kExpressionBytesMax) return invalid("an expression of more than " + std::to_string(kExpressionBytesMax) + " characters");
    try {
        return std::regex{text.begin(), text.end(), std::regex_constants::ECMAScript | std::regex_constants::__polynomial};
    } catch (const std::exception&) {
        return invalid("not a regular expression: " + inQuotes(text));
    }
}

bool matches(const std::string& text, const std::regex& expression)
{
    try {
        return std::regex_search(text, expression);
    } catch (const std::exception&) {
        return false; // too complex for the matcher
    }
}

Result<Test> flagTest(const std::string& flag)
{
    if (flag == "up") return Test{[](const auto& each) { return each.isUp; }};
    if (flag == "down") return Test{[](const auto& each) { return !each.isUp; }};
    if (flag == "loopback") return Test{[](const auto& each) { return each.isLoopback; }};
    if (flag == "broadcast") return Test{[](const auto& each) { return each.isBroadcast; }};
    if (flag == "multicast") return Test{[](const auto& each) { return each.isMulticast; }};
    if (flag == "point-to-point") return Test{[](const auto& each) { return each.isPointToPoint; }};
    if (flag == "forwardable") return Test{isForwardable};
    if (flag == "global unicast") return Test{[](const auto& each) { return isForwardable(each) || isPrivate(each); }};
    if (flag == "link-local unicast") {
        return Test{[](const auto& each) { return isInAnyCidr(each.address, std::array<std::string, 2>{"169.254.0.0/16", "fe80::/10"}); }};
    }
    return invalid("unknown interface flag " + inQuotes(flag));
}

Result<Test> singleTest(std::string_view selector, const std::string& value)
{
    if (selector == "flag" || selector == "flags") return flagTest(lowered(value));
    if (selector == "type") {
        const auto type = lowered(value);
        if (type == "ip") return Test{[](const auto&) { return true; }};
        if (type == "ipv4") return Test{[](const auto& each) { return !each.isV6; }};
        if (type == "ipv6") return Test{[](const auto& each) { return each.isV6; }};
        return invalid("unknown type " + inQuotes(value) + " (ip, ipv4 or ipv6)");
    }
    if (selector == "network") {
        auto network = normalizedCidr(value);
        if (!network) return invalid("not a network: " + inQuotes(value));
        return Test{[network = *network](const auto& each) { return isInAnyCidr(each.address, std::array{network}); }};
    }
    if (selector == "rfc" || selector == "rfcs") {
        if (value == "6890") return Test{isPrivate};
        if (value == "1918") {
            return Test{[](const auto& each) {
                return isInAnyCidr(each.address, std::array<std::string, 3>{"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"});
            }};
        }
        return invalid("unknown RFC " + inQuotes(value) + " (6890 or 1918)");
    }
    if (selector == "size") {
        unsigned bits = 0;
        const auto text = value.starts_with('/') ? value.substr(1) : value;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bits);
        if (error != std::errc{} || end != text.data() + text.size() || bits > 128) return invalid("not the bits of a mask: " + inQuotes(value));
        return Test{[bits](const auto& each) { return each.prefixBits == bits; }};
    }
    return invalid("unknown selector " + inQuotes(selector) + " (address, flag, name, network, rfc, size or type)");
}

Result<Test> testOf(std::string_view selector, std::string_view value)
{
    if (selector == "address" || selector == "name") {
        auto expression = expressionOf(value);
        if (!expression) return std::move(expression).error();
        const bool isName = selector == "name";
        return Test{
            [expression = *std::move(expression), isName](const auto& each) { return matches(isName ? each.interface : each.address, expression); }};
    }
    std::vector<Test> any;
    for (const auto& part : split(value, '|')) {
        auto test = singleTest(selector, part);
        if (!test) return std::move(test).error();
        any.push_back(*std::move(test));
    }
    return Test{[any = std::move(any)](const auto& each) { return std::ranges::any_of(any, [&](const Test& test) { return test(each); }); }};
}

/// The bytes of an address, so that 10.0.0.9 is before 10.0.0.10 and IPv4 before IPv6.
std::string orderOf(const InterfaceAddress& address)
{
    std::array<char, 16> bytes{};
    ::inet_pton(address.isV6 ? AF_INET6 : AF_INET, address.address.c_str(), bytes.data());
    return std::string(1, address.isV6 ? '6' : '4') + std::string{bytes.data(), bytes.size()};
}

/// Negative: `left` comes first.
Result<int> compare(std::string_view key, const InterfaceAddress& left, const InterfaceAddress& right)
{
    const auto byFlag = [](bool isLeft, bool isRight) { return isLeft == isRight ? 0 : (isLeft ? -1 : 1); };
    const auto byNumber = [](auto a, auto b) { return a < b ? -1 : (b < a ? 1 : 0); };
    if (key == "address") return byNumber(orderOf(left), orderOf(right));
    if (key == "default") return byFlag(left.hasDefaultRoute, right.hasDefaultRoute);
    if (key == "name") return byNumber(left.interface, right.interface);
    if (key == "private") return byFlag(isPrivate(left), isPrivate(right));
    if (key == "size") return byNumber(left.prefixBits, right.prefixBits); // the larger network has the shorter mask
    if (key == "type") return byFlag(!left.isV6, !right.isV6);
    return invalid("unknown sort key " + inQuotes(key) + " (address, default, name, private, size or type)");
}

std::string networkOf(const InterfaceAddress& address)
{
    return normalizedCidr(address.address + "/" + std::to_string(address.prefixBits)).value_or(address.address);
}

} // namespace

Result<Addresses> filterInterfaces(const Addresses& input, std::string_view selector, std::string_view value, bool isIncluding)
{
    auto test = testOf(lowered(selector), value);
    if (!test) return std::move(test).error();
    Addresses out;
    std::ranges::copy_if(input, std::back_inserter(out), [&](const auto& each) { return (*test)(each) == isIncluding; });
    return out;
}

Result<> sortInterfaces(Addresses& addresses, std::string_view keys)
{
    const auto all = split(lowered(keys), ',');
    if (all.size() > 16) return invalid("more than 16 sort keys");
    for (auto key = all.rbegin(); key != all.rend(); ++key) { // a stable sort by the last key first gives the order by all
        const bool isReversed = key->starts_with('-');
        const auto name = key->substr(isReversed || key->starts_with('+') ? 1 : 0);
        if (auto known = compare(name, {}, {}); !known) return std::move(known).error();
        std::ranges::stable_sort(addresses, [&](const auto& left, const auto& right) {
            const int order = *compare(name, left, right);
            return isReversed ? order > 0 : order < 0;
        });
    }
    return {};
}

Result<std::string> interfaceAttribute(const InterfaceAddress& address, std::string_view name)
{
    const auto key = lowered(name);
    if (key == "address" || key == "host") return address.address;
    if (key == "name") return address.interface;
    if (key == "network") return networkOf(address);
    if (key == "string") return address.address + "/" + std::to_string(address.prefixBits);
    if (key == "mask_bits" || key == "size") return std::to_string(address.prefixBits);
    if (key == "type") return std::string{address.isV6 ? "IPv6" : "IPv4"};
    return invalid("unknown attribute " + inQuotes(name) + " (address, host, mask_bits, name, network, string or type)");
}

Addresses reachableInterfaces(const Addresses& all, bool isWantedPrivate)
{
    Addresses out;
    std::ranges::copy_if(all, std::back_inserter(out),
                         [&](const auto& each) { return each.isUp && isForwardable(each) && isPrivate(each) == isWantedPrivate; });
    static_cast<void>(sortInterfaces(out, "default,type,size"));
    return out;
}

Result<Addresses> namedInterfaces(const Addresses& all, std::string_view expression)
{
    auto found = filterInterfaces(all, "name", expression, true);
    if (!found) return found;
    static_cast<void>(sortInterfaces(*found, "type,size"));
    std::stable_partition(found->begin(), found->end(), isForwardable);
    return found;
}

} // namespace core::server
