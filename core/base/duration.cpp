#include "core/base/duration.h"

#include "core/base/go_text.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>

namespace core {
namespace {

struct Unit {
    std::string_view name;
    std::int64_t ns;
};

// Longest names first, so that "ms" is not read as "m".
constexpr Unit kUnits[] = {
    {"ns", 1}, {"us", 1'000}, {"\xc2\xb5s", 1'000}, {"ms", 1'000'000}, {"s", 1'000'000'000}, {"m", 60'000'000'000}, {"h", 3'600'000'000'000}};

constexpr std::size_t kShownBytesMax = 80;

std::string shown(std::string_view text)
{
    return goQuoted(text.substr(0, kShownBytesMax));
}

Error notADuration(std::string_view text)
{
    return Error{ErrorCode::InvalidArgument, "time: invalid duration " + shown(text)};
}

} // namespace

Result<std::chrono::nanoseconds> parseDuration(std::string_view text)
{
    const auto whole = text;
    if (text.empty()) return std::chrono::nanoseconds{0};
    const bool isNegative = text.front() == '-';
    if (text.front() == '-' || text.front() == '+') text.remove_prefix(1);
    if (text.empty()) return notADuration(whole);

    const auto signedNs = [&](long double ns) -> Result<std::chrono::nanoseconds> {
        if (ns > static_cast<long double>(std::numeric_limits<std::int64_t>::max())) return notADuration(whole);
        const auto count = static_cast<std::int64_t>(std::llroundl(ns));
        return std::chrono::nanoseconds{isNegative ? -count : count};
    };

    if (text.find_first_not_of("0123456789") == std::string_view::npos ||
        (text.back() == 'd' && text.size() > 1 && text.substr(0, text.size() - 1).find_first_not_of("0123456789") == std::string_view::npos)) {
        std::int64_t count = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
        if (error != std::errc{}) return notADuration(whole);
        const long double seconds = static_cast<long double>(count) * (*(text.end() - 1) == 'd' ? 86'400.0L : 1.0L);
        return signedNs(seconds * 1e9L);
    }

    if (text.back() == 'd') { // days are whole numbers
        return Error{ErrorCode::InvalidArgument, "strconv.ParseInt: parsing " + shown(whole.substr(0, whole.size() - 1)) + ": invalid syntax"};
    }
    const auto missingUnit = [&] { return Error{ErrorCode::InvalidArgument, "time: missing unit in duration " + shown(whole)}; };
    long double total = 0;
    while (!text.empty()) {
        const auto digits = std::min(text.find_first_not_of("0123456789."), text.size());
        double number = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + digits, number);
        if (digits == 0 || error != std::errc{}) return notADuration(whole);
        if (digits == text.size() || end != text.data() + digits) return missingUnit();
        text.remove_prefix(digits);
        bool isKnown = false;
        for (const auto& unit : kUnits) {
            if (!text.starts_with(unit.name)) continue;
            total += static_cast<long double>(number) * static_cast<long double>(unit.ns);
            text.remove_prefix(unit.name.size());
            isKnown = true;
            break;
        }
        if (!isKnown) {
            const auto unit = text.substr(0, text.find_first_of("0123456789."));
            return Error{ErrorCode::InvalidArgument, "time: unknown unit " + shown(unit) + " in duration " + shown(whole)};
        }
    }
    return signedNs(total);
}

std::string toGoDuration(std::chrono::nanoseconds duration)
{
    if (duration.count() == 0) return "0s";
    std::string out;
    auto ns = static_cast<std::uint64_t>(duration.count());
    if (duration.count() < 0) {
        out.push_back('-');
        ns = ~ns + 1;
    }
    const auto withFraction = [&](std::uint64_t value, std::uint64_t unit, std::string_view name) {
        out.append(std::to_string(value / unit));
        if (auto rest = value % unit; rest != 0) {
            std::string fraction = std::to_string(rest + unit).substr(1);
            fraction.erase(fraction.find_last_not_of('0') + 1);
            out.append(".").append(fraction);
        }
        out.append(name);
    };
    if (ns < 1'000) {
        withFraction(ns, 1, "ns");
    } else if (ns < 1'000'000) {
        withFraction(ns, 1'000, "\xc2\xb5s");
    } else if (ns < 1'000'000'000) {
        withFraction(ns, 1'000'000, "ms");
    } else {
        const auto hours = ns / 3'600'000'000'000, minutes = ns / 60'000'000'000 % 60;
        if (hours > 0) out.append(std::to_string(hours)).append("h");
        if (hours > 0 || minutes > 0) out.append(std::to_string(minutes)).append("m");
        withFraction(ns % 60'000'000'000, 1'000'000'000, "s");
    }
    return out;
}

std::string toShortDuration(std::chrono::nanoseconds duration)
{
    std::string text = toGoDuration(duration);
    if (text.ends_with("m0s")) text.resize(text.size() - 2);
    if (text.ends_with("h0m")) text.resize(text.size() - 2);
    return text;
}

} // namespace core
