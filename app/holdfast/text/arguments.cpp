#include "app/holdfast/text/arguments.h"

#include "core/base/go_text.h"
#include "core/base/duration.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace cli {
namespace {

using core::Error;
using core::ErrorCode;
using core::Result;

Error badValue(std::string_view flag, std::string_view value, std::string_view wanted)
{
    return Error{ErrorCode::InvalidArgument,
                 "invalid value \"" + std::string{value} + "\" for flag -" + std::string{flag} + ": must be " + std::string{wanted}};
}

constexpr const char* kWholeNumber = "a whole number of at most 2147483647";
constexpr const char* kDuration = "a duration such as 30m, 8h or 3600";

std::optional<int> wholeNumber(std::string_view text)
{
    int out = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return out;
}

/// Checks a value against the kind of its flag, so that a wrong value never changes what a command sends.
std::optional<Error> refuseValue(const Flag& flag, std::string_view name, std::string_view value)
{
    if (flag.kind == FlagKind::Switch && !core::goBoolean(value)) return badValue(name, value, "true or false");
    if (flag.kind == FlagKind::Number && !wholeNumber(value)) return badValue(name, value, kWholeNumber);
    if (flag.kind == FlagKind::Duration && !core::parseDuration(value)) return badValue(name, value, kDuration);
    if (flag.kind == FlagKind::Pairs && value.find('=') == std::string_view::npos) return badValue(name, value, "KEY=VALUE");
    if (flag.kind == FlagKind::ReplicationType && value != "performance" && value != "dr") return badValue(name, value, "performance or dr");
    return std::nullopt;
}

/// For `-format=json` returns `format`, if this option is accepted after the arguments too. Otherwise returns empty text.
std::string_view nameAfterArguments(std::string_view word)
{
    constexpr std::array<std::string_view, 4> kGlobal{"output-curl-string", "output-policy", "format", "detailed"};
    if (!word.starts_with('-')) return {};
    word.remove_prefix(word.starts_with("--") ? 2 : 1);
    const auto found = std::ranges::find(kGlobal, word.substr(0, word.find('=')));
    return found == kGlobal.end() ? std::string_view{} : *found;
}

} // namespace

Result<Arguments> Arguments::parse(std::span<const std::string> words, std::span<const Flag> flags)
{
    Arguments out;
    for (std::size_t at = 0; at < words.size(); ++at) {
        const auto& word = words[at];
        if (word == "--") {
            out.m_positionals.insert(out.m_positionals.end(), words.begin() + static_cast<std::ptrdiff_t>(at) + 1, words.end());
            break;
        }
        if (word.size() < 2 || word.front() != '-') {
            out.m_positionals.insert(out.m_positionals.end(), words.begin() + static_cast<std::ptrdiff_t>(at), words.end());
            if (auto read = out.readOptionsAfterArguments(flags); !read) return read.error();
            break;
        }
        auto name = std::string_view{word}.substr(word.starts_with("--") ? 2 : 1);
        std::optional<std::string> value;
        if (const auto equals = name.find('='); equals != std::string_view::npos) {
            value = name.substr(equals + 1);
            name = name.substr(0, equals);
        }
        const auto flag = std::ranges::find_if(
            flags, [&](const Flag& candidate) { return candidate.name == name || (!candidate.alias.empty() && candidate.alias == name); });
        if (flag == flags.end()) {
            if (name == "h" || name == "help") {
                out.m_wantsHelp = true;
                continue;
            }
            return Error{ErrorCode::InvalidArgument, "flag provided but not defined: -" + std::string{name}};
        }
        if (flag->kind == FlagKind::Switch) {
            if (!value) value = "true";
        } else if (!value) {
            if (at + 1 == words.size()) return Error{ErrorCode::InvalidArgument, "flag needs an argument: -" + std::string{name}};
            value = words[++at];
        }
        if (auto refusal = refuseValue(*flag, name, *value)) return *refusal;
        auto& values = out.m_values[std::string{flag->name}];
        if (flag->kind != FlagKind::Repeated && flag->kind != FlagKind::Pairs) values.clear();
        values.push_back(std::move(*value));
    }
    return out;
}

core::Result<> Arguments::readOptionsAfterArguments(std::span<const Flag> flags)
{
    for (std::size_t at = 0; at < m_positionals.size(); ++at) {
        const std::string_view word{m_positionals[at]};
        if (word == "--") return {};
        const auto equals = word.find('=');
        const auto name = nameAfterArguments(word);
        const auto flag = std::ranges::find(flags, name, &Flag::name);
        if (name.empty() || flag == flags.end()) continue;
        std::string value = equals == std::string_view::npos ? "true" : std::string{word.substr(equals + 1)};
        if (name == "format" && equals == std::string_view::npos) {
            if (at + 1 == m_positionals.size()) return {};
            value = m_positionals[at + 1];
        }
        if (auto refusal = refuseValue(*flag, name, value)) return *refusal;
        m_values[std::string{name}] = {std::move(value)};
    }
    return {};
}

std::string Arguments::lateOptions() const
{
    std::string out;
    for (const auto& word : m_positionals) {
        if (word.size() < 2 || word.front() != '-' || !nameAfterArguments(word).empty()) continue;
        out.append(out.empty() ? "" : ",").append(word);
    }
    return out;
}

bool Arguments::isOn(std::string_view flag, bool byDefault) const
{
    return has(flag) ? core::goBoolean(text(flag)).value_or(false) : byDefault;
}

std::string Arguments::text(std::string_view flag, std::string_view byDefault) const
{
    const auto found = m_values.find(flag);
    return found == m_values.end() ? std::string{byDefault} : found->second.back();
}

std::vector<std::string> Arguments::all(std::string_view flag) const
{
    const auto found = m_values.find(flag);
    return found == m_values.end() ? std::vector<std::string>{} : found->second;
}

Result<std::vector<std::pair<std::string, std::string>>> Arguments::pairs(std::string_view flag) const
{
    std::vector<std::pair<std::string, std::string>> out;
    for (const auto& value : all(flag)) {
        const auto equals = value.find('=');
        if (equals == std::string::npos) return badValue(flag, value, "KEY=VALUE");
        out.emplace_back(value.substr(0, equals), value.substr(equals + 1));
    }
    return out;
}

Result<int> Arguments::number(std::string_view flag, int byDefault) const
{
    if (!has(flag)) return byDefault;
    const auto value = text(flag);
    if (const auto number = wholeNumber(value)) return *number;
    return badValue(flag, value, kWholeNumber);
}

Result<std::string> Arguments::duration(std::string_view flag) const
{
    const auto value = text(flag);
    const auto parsed = core::parseDuration(value);
    if (!parsed) return badValue(flag, value, kDuration);
    return core::toGoDuration(*parsed);
}

Result<std::int64_t> Arguments::seconds(std::string_view flag) const
{
    const auto value = text(flag);
    const auto parsed = core::parseDuration(value);
    if (!parsed) return badValue(flag, value, kDuration);
    return std::chrono::duration_cast<std::chrono::seconds>(*parsed).count();
}

} // namespace cli
