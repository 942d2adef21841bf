#include "core/base/clock.h"

#include <charconv>
#include <cstdio>

namespace core {

WallTime SystemClock::now() const
{
    return std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now());
}

SteadyTime SystemClock::steadyNow() const
{
    return std::chrono::steady_clock::now();
}

std::string toRfc3339(WallTime time)
{
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss clock{time - day};
    char text[64];
    int size = std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                             static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                             static_cast<int>(clock.seconds().count()));
    std::string out{text, static_cast<std::size_t>(size)};
    if (const auto ns = clock.subseconds().count(); ns != 0) {
        size = std::snprintf(text, sizeof text, ".%09lld", static_cast<long long>(ns));
        std::string_view fraction{text, static_cast<std::size_t>(size)};
        out.append(fraction.substr(0, fraction.find_last_not_of('0') + 1));
    }
    out.push_back('Z');
    return out;
}

std::optional<WallTime> fromRfc3339(std::string_view text)
{
    const auto number = [&](std::size_t at, std::size_t count) -> std::optional<int> {
        if (text.size() < at + count) return std::nullopt;
        int value = 0;
        const auto* first = text.data() + at;
        const auto [end, error] = std::from_chars(first, first + count, value);
        if (error != std::errc{} || end != first + count || *first == '-') return std::nullopt;
        return value;
    };
    const auto year = number(0, 4), month = number(5, 2), day = number(8, 2), hour = number(11, 2), minute = number(14, 2), second = number(17, 2);
    if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
    if (text[4] != '-' || text[7] != '-' || (text[10] != 'T' && text[10] != 't') || text[13] != ':' || text[16] != ':') {
        return std::nullopt;
    }
    const std::chrono::year_month_day date{std::chrono::year{*year}, std::chrono::month{static_cast<unsigned>(*month)},
                                           std::chrono::day{static_cast<unsigned>(*day)}};
    if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
    WallTime time = std::chrono::sys_days{date} + std::chrono::hours{*hour} + std::chrono::minutes{*minute} + std::chrono::seconds{*second};
    std::size_t at = 19;
    if (at < text.size() && text[at] == '.') {
        std::int64_t ns = 0;
        int digits = 0;
        for (++at; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at) {
            if (digits < 9) {
                ns = ns * 10 + (text[at] - '0');
                ++digits;
            }
        }
        if (digits == 0) return std::nullopt;
        for (; digits < 9; ++digits) ns *= 10;
        time += std::chrono::nanoseconds{ns};
    }
    if (at >= text.size()) return std::nullopt;
    if ((text[at] == 'Z' || text[at] == 'z') && at + 1 == text.size()) return time;
    if ((text[at] == '+' || text[at] == '-') && at + 6 == text.size() && text[at + 3] == ':') {
        const auto hours = number(at + 1, 2), minutes = number(at + 4, 2);
        if (!hours || !minutes) return std::nullopt;
        const auto offset = std::chrono::hours{*hours} + std::chrono::minutes{*minutes};
        return text[at] == '+' ? time - offset : time + offset;
    }
    return std::nullopt;
}

} // namespace core
