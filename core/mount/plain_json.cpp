#include "core/mount/plain_json.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

namespace core::mount {
namespace {

namespace json = boost::json;

bool holdsFraction(const json::value& value);

bool holdsFraction(const json::object& object)
{
    return std::ranges::any_of(object, [](const auto& member) { return holdsFraction(member.value()); });
}

bool holdsFraction(const json::value& value)
{
    if (value.is_double()) return true;
    if (const auto* array = value.if_array()) return std::ranges::any_of(*array, [](const json::value& item) { return holdsFraction(item); });
    const auto* object = value.if_object();
    return object && holdsFraction(*object);
}

void append(std::string& out, const json::value& value);

void appendObject(std::string& out, const json::object& object)
{
    char before = '{';
    for (const auto& member : object) {
        out.push_back(std::exchange(before, ','));
        out.append(json::serialize(member.key())).push_back(':');
        append(out, member.value());
    }
    out.push_back('}');
}

void append(std::string& out, const json::value& value)
{
    if (!holdsFraction(value)) {
        out.append(json::serialize(value));
    } else if (const auto* number = value.if_double()) {
        out.append(numberText(*number));
    } else if (const auto* array = value.if_array()) {
        char before = '[';
        for (const auto& item : *array) {
            out.push_back(std::exchange(before, ','));
            append(out, item);
        }
        out.push_back(']');
    } else {
        appendObject(out, value.get_object());
    }
}

} // namespace

std::string numberText(double number)
{
    if (!std::isfinite(number)) return json::serialize(json::value(number));
    const double size = std::abs(number);
    const bool isPlain = size == 0 || (size >= 1e-6 && size < 1e21);
    std::array<char, 64> text{};
    const auto [end, error] =
        std::to_chars(text.data(), text.data() + text.size(), number, isPlain ? std::chars_format::fixed : std::chars_format::scientific);
    return {text.data(), error == std::errc{} ? end : text.data()};
}

std::string serializePlain(const json::object& object)
{
    if (!holdsFraction(object)) return json::serialize(object);
    std::string out;
    appendObject(out, object);
    return out;
}

} // namespace core::mount
