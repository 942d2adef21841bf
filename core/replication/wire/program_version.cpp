#include "core/replication/wire/program_version.h"

#include <algorithm>
#include <charconv>
#include <vector>

namespace core::replication {

namespace {

constexpr std::size_t kProgramBytesMax = 64;

std::vector<int> numbersOf(const std::string& version)
{
    std::vector<int> numbers;
    const char* at = version.data();
    const char* const end = at + version.size();
    while (at < end) {
        int number = 0;
        const auto [next, error] = std::from_chars(at, end, number);
        if (error != std::errc{}) break;
        numbers.push_back(number);
        if (next == end || *next != '.') break;
        at = next + 1;
    }
    while (!numbers.empty() && numbers.back() == 0) numbers.pop_back();
    return numbers;
}

} // namespace

int compareVersions(const std::string& left, const std::string& right)
{
    const auto order = numbersOf(left) <=> numbersOf(right);
    return order < 0 ? -1 : order > 0 ? 1 : 0;
}

bool isOlderProgram(const std::string& told, const std::string& own)
{
    return compareVersions(told, own) < 0;
}

std::string programText(const std::string& told)
{
    return told.empty() ? std::string{"a Holdfast older than "} + kFirstToldProgram : "Holdfast " + told;
}

bool Follower::isOlder() const
{
    return isOlderProgram(program, primarysProgram);
}

std::string Follower::refusalHere() const
{
    if (!isOlder()) return {};
    return "this cluster runs " + programText(program) + " and the primary " + programText(primarysProgram) +
           "; a secondary must not be older than its primary. Upgrade this cluster first, then use a new token. Nothing was changed here";
}

std::string Follower::refusalByPrimary(const std::string& secondaryId) const
{
    if (!isOlder()) return {};
    return "the secondary \"" + secondaryId + "\" runs " + programText(program) + " and this primary " + programText(primarysProgram) +
           "; a secondary must not be older than its primary. Upgrade the secondary first, then use a new token";
}

std::string programFromWire(const std::string& text)
{
    const bool isVisible = std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
    return isVisible && text.size() <= kProgramBytesMax ? text : std::string{};
}

} // namespace core::replication
