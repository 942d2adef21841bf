#include "core/mount/fields.h"

#include "core/base/ascii.h"
#include "core/base/go_text.h"
#include "core/base/duration.h"
#include "core/mount/plain_json.h"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace core::mount {
namespace {

namespace json = boost::json;

constexpr double kIntegerMax = 9.2e18;

std::string_view kindOf(const json::value& value)
{
    switch (value.kind()) {
    case json::kind::object: return "object";
    case json::kind::array: return "list";
    case json::kind::string: return "string";
    case json::kind::bool_: return "bool";
    case json::kind::null: return "null";
    default: return "number";
    }
}

std::optional<std::string> scalarText(const json::value& value)
{
    if (const auto* text = value.if_string()) return std::string{*text};
    if (const auto* isTrue = value.if_bool()) return *isTrue ? "1" : "0";
    if (const auto* number = value.if_double()) return numberText(*number);
    if (value.is_number()) return json::serialize(value);
    return std::nullopt;
}

std::optional<std::int64_t> integerFromText(std::string_view text)
{
    if (text.empty()) return 0;
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

std::optional<std::int64_t> integerFrom(const json::value& value)
{
    if (const auto* number = value.if_int64()) return *number;
    if (const auto* number = value.if_double()) {
        if (std::trunc(*number) != *number || std::abs(*number) > kIntegerMax) return std::nullopt;
        return static_cast<std::int64_t>(*number);
    }
    if (const auto* text = value.if_string()) return integerFromText(trimmed(*text));
    if (const auto* isTrue = value.if_bool()) return *isTrue ? 1 : 0;
    return std::nullopt;
}

} // namespace

const json::value* Fields::find(std::string_view name) const
{
    const auto* value = m_data.if_contains(name);
    return value && !value->is_null() ? value : nullptr;
}

void Fields::refuse(std::string_view name, std::string_view reason)
{
    if (m_refusal) return;
    std::string text = "Field validation failed: error converting input for field \"";
    text.append(name).append("\": ").append(reason);
    m_refusal = Response::badRequest(std::move(text));
}

std::optional<std::string> Fields::text(std::string_view name)
{
    const auto* value = find(name);
    if (!value) return std::nullopt;
    auto text = scalarText(*value);
    if (!text) refuse(name, "expected type 'string', got " + std::string{kindOf(*value)});
    return text;
}

std::optional<bool> Fields::boolean(std::string_view name)
{
    const auto* value = find(name);
    if (!value) return std::nullopt;
    if (const auto* isTrue = value->if_bool()) return *isTrue;
    if (value->is_number()) return value->to_number<double>() != 0;
    if (const auto* text = value->if_string()) {
        if (text->empty()) return false;
        if (const auto parsed = goBoolean(*text)) return parsed;
    }
    refuse(name, "cannot parse as a bool");
    return std::nullopt;
}

std::optional<std::int64_t> Fields::integer(std::string_view name)
{
    const auto* value = find(name);
    if (!value) return std::nullopt;
    auto number = integerFrom(*value);
    if (!number) refuse(name, "cannot parse as an int");
    return number;
}

std::optional<std::chrono::nanoseconds> Fields::duration(std::string_view name)
{
    const auto* value = find(name);
    if (!value) return std::nullopt;
    std::string text;
    if (const auto* string = value->if_string()) text = *string;
    else if (const auto number = value->is_number() ? integerFrom(*value) : std::nullopt) text = std::to_string(*number);
    else {
        refuse(name, "could not parse duration");
        return std::nullopt;
    }
    auto duration = parseDuration(trimmed(text));
    if (!duration) {
        refuse(name, duration.error().detail);
        return std::nullopt;
    }
    return *duration;
}

std::optional<std::chrono::seconds> Fields::wholeSeconds(std::string_view name)
{
    const auto value = duration(name);
    if (!value) return std::nullopt;
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(*value);
    if (seconds.count() >= 0) return seconds;
    refuse(name, "cannot provide negative value '" + std::to_string(seconds.count()) + "'");
    return std::nullopt;
}

std::optional<std::vector<std::string>> Fields::list(std::string_view name)
{
    const auto* value = find(name);
    if (!value) return std::nullopt;
    if (const auto* array = value->if_array()) {
        std::vector<std::string> items;
        for (const auto& element : *array) {
            auto text = scalarText(element);
            if (!text) {
                refuse(name, "expected a list of strings, found " + std::string{kindOf(element)});
                return std::nullopt;
            }
            items.push_back(std::string{trimmed(*text)});
        }
        return items;
    }
    if (auto text = scalarText(*value)) return splitCommaText(*text);
    refuse(name, "expected a list, got " + std::string{kindOf(*value)});
    return std::nullopt;
}

std::optional<std::vector<std::int64_t>> Fields::integers(std::string_view name)
{
    const auto items = list(name);
    if (!items) return std::nullopt;
    std::vector<std::int64_t> numbers;
    for (const auto& item : *items) {
        const auto number = integerFromText(item);
        if (item.empty() || !number) {
            refuse(name, "cannot parse as an int");
            return std::nullopt;
        }
        numbers.push_back(*number);
    }
    return numbers;
}

std::optional<std::map<std::string, std::string>> Fields::map(std::string_view name)
{
    const auto* value = find(name);
    if (!value) return std::nullopt;
    std::map<std::string, std::string> result;
    const auto add = [&](const json::value& element) {
        const auto* pair = element.if_string();
        const auto at = pair ? pair->find('=') : json::string::npos;
        if (at == json::string::npos) return false;
        result[std::string{pair->subview(0, at)}] = std::string{pair->subview(at + 1)};
        return true;
    };
    bool isUnderstood = false;
    if (const auto* object = value->if_object()) {
        isUnderstood = true;
        for (const auto& [key, member] : *object) {
            auto text = member.is_null() ? std::optional<std::string>{std::in_place} : scalarText(member);
            if (!text) {
                isUnderstood = false;
                break;
            }
            result[std::string{key}] = std::move(*text);
        }
    } else if (const auto* array = value->if_array()) {
        isUnderstood = std::all_of(array->begin(), array->end(), add);
    } else if (const auto* text = value->if_string()) {
        isUnderstood = text->empty() || add(*value);
    }
    if (isUnderstood) return result;
    refuse(name, "expected a map of strings, got " + std::string{kindOf(*value)});
    return std::nullopt;
}

const json::object* Fields::object(std::string_view name)
{
    const auto* value = find(name);
    if (!value) return nullptr;
    const auto* object = value->if_object();
    if (!object) refuse(name, "expected a map, got '" + std::string{kindOf(*value)} + "'");
    return object;
}

std::vector<std::string> splitCommaText(std::string_view text)
{
    std::vector<std::string> items;
    if (trimmed(text).empty()) return items;
    while (true) {
        const auto comma = text.find(',');
        items.emplace_back(trimmed(text.substr(0, comma)));
        if (comma == std::string_view::npos) return items;
        text.remove_prefix(comma + 1);
    }
}

Response keysAnswer(const std::vector<std::string>& keys)
{
    if (keys.empty()) return {};
    json::array array;
    array.reserve(keys.size());
    for (const auto& key : keys) array.emplace_back(key);
    json::object data;
    data.emplace("keys", std::move(array));
    return Response::ofData(std::move(data));
}

Response unsupportedOperation()
{
    return Response::error(405, "1 error occurred:\n\t* unsupported operation\n\n");
}

Response unsupportedPath()
{
    return Response::error(404, "1 error occurred:\n\t* unsupported path\n\n");
}

} // namespace core::mount
