#include "core/auth/approle/key_values.h"

#include "core/base/ascii.h"
#include "core/base/go_text.h"
#include "core/mount/fields.h"

#include <boost/json/parse.hpp>

namespace core::auth::approle {
namespace {

using KeyValues = std::map<std::string, std::string>;

constexpr std::string_view kBlanks = " \t\r\n\v\f";

/// Empty: the text is no JSON object of texts.
std::optional<KeyValues> fromJson(std::string_view text)
{
    boost::json::error_code failed;
    const auto value = boost::json::parse(text, failed);
    const auto* object = failed ? nullptr : value.if_object();
    if (!object) return std::nullopt;
    KeyValues out;
    for (const auto& [key, member] : *object) {
        const auto* string = member.if_string();
        if (!string) return std::nullopt;
        out.emplace(std::string{key}, std::string{*string});
    }
    return out;
}

Result<KeyValues> fromPairs(std::string_view text)
{
    KeyValues out;
    for (const auto& item : mount::splitCommaText(lowerCased(text))) {
        if (item.empty()) continue;
        const auto equals = item.find('=');
        if (equals == std::string::npos || item.find('=', equals + 1) != std::string::npos) {
            return Error{ErrorCode::InvalidArgument, "failed to parse the input: invalid <key,value> format"};
        }
        std::string key{trimmed(std::string_view{item}.substr(0, equals), kBlanks)};
        std::string value{trimmed(std::string_view{item}.substr(equals + 1), kBlanks)};
        if (key.empty() || value.empty()) {
            return Error{ErrorCode::InvalidArgument,
                         "failed to parse the input: invalid <key,value> pair: key: " + goQuoted(key) + " value: " + goQuoted(value)};
        }
        out[std::move(key)] = std::move(value);
    }
    return out;
}

} // namespace

Result<KeyValues> parseKeyValues(std::string_view text)
{
    std::string plain{trimmed(text, kBlanks)};
    if (plain.empty()) return KeyValues{};
    if (auto decoded = decodeGoBase64(plain)) plain = std::move(*decoded);
    auto parsed = fromJson(plain);
    if (!parsed) {
        auto pairs = fromPairs(plain);
        if (!pairs) return pairs.error();
        parsed = std::move(*pairs);
    }
    for (const auto& [key, value] : *parsed) {
        if (!key.empty() && value.empty()) return Error{ErrorCode::InvalidArgument, "invalid value for key " + goQuoted(key)};
    }
    return std::move(*parsed);
}

} // namespace core::auth::approle
