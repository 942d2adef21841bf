#include "app/holdfast/text/json.h"

#include <boost/json/basic_parser_impl.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace cli {
namespace {

namespace json = boost::json;

constexpr std::size_t kDepthMax = 64;

/// Receives the events of Boost's parser and builds a Json from them, keeping the text of numbers.
struct Builder {
    static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);

    struct Level {
        Json value;
        std::string name;
    };
    std::vector<Level> levels;
    Json result;
    std::string text;

    bool add(Json value)
    {
        if (levels.empty()) {
            result = std::move(value);
        } else if (levels.back().value.isArray()) {
            levels.back().value.append(std::move(value));
        } else {
            levels.back().value.set(levels.back().name, std::move(value));
        }
        return true;
    }
    std::string take(json::string_view rest)
    {
        text.append(rest.data(), rest.size());
        return std::exchange(text, {});
    }
    bool open(Json value)
    {
        levels.push_back({std::move(value), {}});
        return true;
    }
    bool close()
    {
        auto value = std::move(levels.back().value);
        levels.pop_back();
        return add(std::move(value));
    }
    bool part(json::string_view piece)
    {
        text.append(piece.data(), piece.size());
        return true;
    }

    bool on_document_begin(json::error_code&) { return true; }
    bool on_document_end(json::error_code&) { return true; }
    bool on_array_begin(json::error_code&) { return open(Json{Json::Array{}}); }
    bool on_array_end(std::size_t, json::error_code&) { return close(); }
    bool on_object_begin(json::error_code&) { return open(Json{Json::Object{}}); }
    bool on_object_end(std::size_t, json::error_code&) { return close(); }
    bool on_string_part(json::string_view piece, std::size_t, json::error_code&) { return part(piece); }
    bool on_string(json::string_view rest, std::size_t, json::error_code&) { return add(Json{take(rest)}); }
    bool on_key_part(json::string_view piece, std::size_t, json::error_code&) { return part(piece); }
    bool on_key(json::string_view rest, std::size_t, json::error_code&)
    {
        levels.back().name = take(rest);
        return true;
    }
    bool on_number_part(json::string_view piece, json::error_code&) { return part(piece); }
    bool on_int64(std::int64_t, json::string_view rest, json::error_code&) { return add(Json::Number{take(rest)}); }
    bool on_uint64(std::uint64_t, json::string_view rest, json::error_code&) { return add(Json::Number{take(rest)}); }
    bool on_double(double, json::string_view rest, json::error_code&) { return add(Json::Number{take(rest)}); }
    bool on_bool(bool value, json::error_code&) { return add(Json{value}); }
    bool on_null(json::error_code&) { return add(Json{}); }
    bool on_comment_part(json::string_view, json::error_code&) { return true; }
    bool on_comment(json::string_view, json::error_code&) { return true; }
};

const Json kNull;
const std::string kNoText;
const Json::Array kNoItems;
const Json::Object kNoMembers;

void writeJson(std::string& out, const Json& value, int indent)
{
    const auto newLine = [&](int level) {
        if (indent >= 0) out.append("\n").append(static_cast<std::size_t>(level) * 2, ' ');
    };
    const int inner = indent < 0 ? -1 : indent + 1;
    if (value.isNull()) {
        out += "null";
    } else if (value.isBool()) {
        out += value.isTrue() ? "true" : "false";
    } else if (value.isNumber()) {
        out += value.text();
    } else if (value.isText()) {
        out += jsonQuoted(value.text());
    } else if (value.isArray()) {
        out += '[';
        for (bool isFirst = true; const auto& item : value.array()) {
            if (!std::exchange(isFirst, false)) out += ',';
            newLine(inner);
            writeJson(out, item, inner);
        }
        if (!value.array().empty()) newLine(indent);
        out += ']';
    } else {
        out += '{';
        for (bool isFirst = true; const auto& [name, member] : value.members()) {
            if (!std::exchange(isFirst, false)) out += ',';
            newLine(inner);
            out += jsonQuoted(name);
            out += indent < 0 ? ":" : ": ";
            writeJson(out, member, inner);
        }
        if (!value.members().empty()) newLine(indent);
        out += '}';
    }
}

/// Whether YAML reads the text back as the same string without quotes.
bool isPlainYaml(std::string_view text)
{
    if (text.empty() || text.front() == ' ' || text.back() == ' ' || text.back() == ':') return false;
    constexpr std::string_view kWords[] = {"null", "Null", "NULL", "~",  "true", "True", "TRUE", "false", "False", "FALSE", "yes", "Yes", "YES",
                                           "no",   "No",   "NO",   "on", "On",   "ON",   "off",  "Off",   "OFF",   "y",     "Y",   "n",   "N"};
    if (std::ranges::find(kWords, text) != std::end(kWords)) return false;
    if (std::string_view{"0123456789-+.?:,[]{}#&*!|>'\"%@`=<"}.find(text.front()) != std::string_view::npos) return false;
    if (text.find(": ") != std::string_view::npos || text.find(" #") != std::string_view::npos) return false;
    return std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

std::string yamlText(const std::string& text)
{
    return isPlainYaml(text) ? text : jsonQuoted(text);
}

void writeYaml(std::string& out, const Json& value, std::size_t indent)
{
    const std::string pad(indent, ' ');
    if (value.isObject() && !value.members().empty()) {
        for (const auto& [name, member] : value.members()) {
            out.append(pad).append(yamlText(name)).append(":");
            const bool isBlock = !member.isEmpty() && (member.isObject() || member.isArray());
            out += isBlock ? "\n" : " ";
            writeYaml(out, member, isBlock ? (member.isObject() ? indent + 2 : indent) : 0);
        }
    } else if (value.isArray() && !value.array().empty()) {
        for (const auto& item : value.array()) {
            std::string inner;
            writeYaml(inner, item, indent + 2);
            const bool isBlock = !item.isEmpty() && (item.isObject() || item.isArray());
            out.append(pad).append("- ").append(isBlock ? inner.substr(indent + 2) : inner);
        }
    } else if (value.isObject() || value.isArray()) {
        out += value.isObject() ? "{}\n" : "[]\n";
    } else {
        out += value.isText() ? yamlText(value.text()) : value.toCompact();
        out += '\n';
    }
}

} // namespace

std::string jsonQuoted(std::string_view text)
{
    constexpr char kHex[] = "0123456789abcdef";
    std::string out{"\""};
    for (const char c : text) {
        switch (c) {
        case '"': out += "\\\""; break;
        case '\\': out += "\\\\"; break;
        case '\n': out += "\\n"; break;
        case '\r': out += "\\r"; break;
        case '\t': out += "\\t"; break;
        default:
            if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
                out.append("\\u00").append(1, kHex[(c >> 4) & 0xf]).append(1, kHex[c & 0xf]);
            } else {
                out += c;
            }
        }
    }
    return out += '"';
}

Json Json::object(std::initializer_list<Member> members)
{
    return Json{Object{members}};
}

Json Json::strings(const std::vector<std::string>& values)
{
    Array out;
    for (const auto& value : values) out.emplace_back(value);
    return Json{std::move(out)};
}

core::Result<Json> Json::parse(std::string_view text)
{
    json::parse_options options;
    options.max_depth = kDepthMax;
    json::basic_parser<Builder> parser{options};
    json::error_code error;
    const auto used = parser.write_some(false, text.data(), text.size(), error);
    if (!error && text.find_first_not_of(" \t\r\n", used) != std::string_view::npos) error = json::error::extra_data;
    if (error) return core::Error{core::ErrorCode::InvalidArgument, "not JSON: " + error.message()};
    return std::move(parser.handler().result);
}

bool Json::isEmpty() const
{
    if (isNumber()) return text() == "0";
    return !isTrue() && text().empty() && array().empty() && members().empty();
}

std::string Json::plainNumber() const
{
    if (!isNumber() || text().find_first_of(".eE") == std::string::npos) return text();
    double value = 0;
    const auto [end, failed] = std::from_chars(text().data(), text().data() + text().size(), value);
    // Above this a double has no digit after the point, so printed digits would be wrong.
    if (failed != std::errc{} || end != text().data() + text().size() || std::abs(value) >= 1e15) return text();
    std::array<char, 32> out{};
    const auto written = std::to_chars(out.data(), out.data() + out.size(), value, std::chars_format::fixed, 3);
    std::string plain{out.data(), written.ptr};
    plain.erase(plain.find_last_not_of('0') + 1);
    if (plain.ends_with('.')) plain.pop_back();
    return plain == "-0" ? "0" : plain;
}

const std::string& Json::text() const
{
    if (const auto* number = std::get_if<Number>(&m_value)) return number->text;
    const auto* value = std::get_if<std::string>(&m_value);
    return value ? *value : kNoText;
}

bool Json::isTrue() const
{
    const auto* value = std::get_if<bool>(&m_value);
    return value && *value;
}

std::int64_t Json::integer() const
{
    std::int64_t value = 0;
    std::from_chars(text().data(), text().data() + text().size(), value);
    return value;
}

const Json::Array& Json::array() const
{
    const auto* value = std::get_if<Array>(&m_value);
    return value ? *value : kNoItems;
}

const Json::Object& Json::members() const
{
    const auto* value = std::get_if<Object>(&m_value);
    return value ? *value : kNoMembers;
}

const Json& Json::operator[](std::string_view name) const
{
    const auto found = std::ranges::find(members(), name, &Member::name);
    return found == members().end() ? kNull : found->value;
}

bool Json::has(std::string_view name) const
{
    return std::ranges::find(members(), name, &Member::name) != members().end();
}

void Json::set(std::string_view name, Json value)
{
    if (!isObject()) m_value = Object{};
    auto& object = std::get<Object>(m_value);
    const auto found = std::ranges::find(object, name, &Member::name);
    if (found != object.end()) {
        found->value = std::move(value);
    } else {
        object.push_back({std::string{name}, std::move(value)});
    }
}

void Json::erase(std::string_view name)
{
    if (isObject()) std::erase_if(std::get<Object>(m_value), [&](const Member& member) { return member.name == name; });
}

void Json::append(Json value)
{
    if (!isArray()) m_value = Array{};
    std::get<Array>(m_value).push_back(std::move(value));
}

Json Json::sorted() const
{
    if (isArray()) {
        Array out;
        for (const auto& item : array()) out.push_back(item.sorted());
        return Json{std::move(out)};
    }
    if (!isObject()) return *this;
    Object out;
    for (const auto& [name, value] : members()) out.push_back({name, value.sorted()});
    std::ranges::sort(out, {}, &Member::name);
    return Json{std::move(out)};
}

std::string Json::toCompact() const
{
    std::string out;
    writeJson(out, *this, -1);
    return out;
}

std::string Json::toIndented() const
{
    std::string out;
    writeJson(out, *this, 0);
    return out;
}

std::string Json::toYaml() const
{
    std::string out;
    writeYaml(out, sorted(), 0);
    return out;
}

std::string Json::toGoText() const
{
    if (isNull()) return "<nil>";
    if (isBool()) return isTrue() ? "true" : "false";
    if (isText() || isNumber()) return text();
    std::string out{isArray() ? "[" : "map["};
    if (isArray()) {
        for (const auto& item : array()) out.append(out.size() > 1 ? " " : "").append(item.toGoText());
    } else {
        const auto ordered = sorted();
        for (bool isFirst = true; const auto& [name, value] : ordered.members()) {
            if (!std::exchange(isFirst, false)) out += ' ';
            out.append(name).append(":").append(value.toGoText());
        }
    }
    return out += ']';
}

} // namespace cli
