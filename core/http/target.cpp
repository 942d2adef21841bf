#include "core/http/target.h"

#include "core/base/encoding.h"
#include "core/base/percent.h"

#include <boost/beast/core/string.hpp>

#include <algorithm>

namespace core::http {
namespace {

namespace json = boost::json;

std::optional<std::string> decodedText(std::string_view text, bool isForm)
{
    auto decoded = isForm ? formDecoded(text) : percentDecoded(text);
    if (decoded && !isUtf8(*decoded)) decoded.reset();
    return decoded;
}

/// Calls `take(name, value)` for each pair of `a=1&b=2`; false at the first that is malformed.
template<class Take>
bool forEachPair(std::string_view text, Take take)
{
    while (!text.empty()) {
        const auto end = text.find('&');
        const auto pair = text.substr(0, end);
        text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
        if (pair.empty()) continue;
        const auto equals = pair.find('=');
        auto name = decodedText(pair.substr(0, equals), true);
        auto value = decodedText(equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1), true);
        if (!name || !value) return false;
        if (!take(std::move(*name), std::move(*value))) return false;
    }
    return true;
}

/// Adds one pair to the fields and counts it. Returns an error if a limit is exceeded.
Result<> addField(json::object& fields, std::string_view name, std::string_view value, const mount::JsonLimits& limits)
{
    for (const auto text : {name, value}) {
        if (text.size() <= limits.stringBytesMax) continue;
        return mount::limitExceeded("the field", name, "bytes", "max_json_string_value_length", limits.stringBytesMax);
    }
    if (auto* present = fields.if_contains(name)) {
        if (!present->is_array()) *present = json::array{std::move(*present)};
        if (present->as_array().size() >= limits.arrayElementCountMax) {
            return mount::limitExceeded("the field", name, "values", "max_json_array_element_count", limits.arrayElementCountMax);
        }
        present->as_array().emplace_back(value);
        return {};
    }
    if (fields.size() >= limits.objectEntryCountMax) {
        return mount::limitExceeded("the form", {}, "fields", "max_json_object_entry_count", limits.objectEntryCountMax);
    }
    fields.emplace(name, value);
    return {};
}

} // namespace

std::optional<std::string> originForm(std::string_view target)
{
    if (target.starts_with('/')) return std::string{target};
    const auto schemeEnd = target.find("://");
    if (schemeEnd == std::string_view::npos) return std::nullopt;
    const auto scheme = target.substr(0, schemeEnd);
    if (!boost::beast::iequals(scheme, "http") && !boost::beast::iequals(scheme, "https")) return std::nullopt;
    target.remove_prefix(schemeEnd + 3);
    const auto authorityEnd = std::min(target.find_first_of("/?"), target.size());
    const auto authority = target.substr(0, authorityEnd);
    if (authority.empty() || authority.find('@') != std::string_view::npos) return std::nullopt;
    target.remove_prefix(authorityEnd);
    if (target.starts_with('/')) return std::string{target};
    return "/" + std::string{target};
}

std::optional<Target> splitTarget(std::string_view target)
{
    Target out;
    const auto mark = target.find('?');
    auto path = decodedText(target.substr(0, mark), false);
    if (!path) return std::nullopt;
    out.path = std::move(*path);
    if (mark == std::string_view::npos) return out;
    const bool isWhole = forEachPair(target.substr(mark + 1), [&](std::string name, std::string value) {
        out.query.emplace_back(std::move(name), std::move(value));
        return true;
    });
    if (!isWhole) return std::nullopt;
    return out;
}

bool hasDotSegment(std::string_view path)
{
    while (true) {
        const auto end = path.find('/');
        const auto segment = path.substr(0, end);
        if (segment == "." || segment == "..") return true;
        if (end == std::string_view::npos) return false;
        path.remove_prefix(end + 1);
    }
}

Result<json::object> fieldsOf(const std::vector<std::pair<std::string, std::string>>& pairs, const mount::JsonLimits& limits)
{
    json::object fields;
    for (const auto& [name, value] : pairs) {
        if (name == "help" || name == "list") continue;
        if (auto added = addField(fields, name, value, limits); !added) return std::move(added).error();
    }
    return fields;
}

Result<json::object> fieldsOfForm(std::string_view form, const mount::JsonLimits& limits)
{
    json::object fields;
    Result<> added;
    std::size_t tokenCount = 2; // the braces that the form would need as JSON
    const bool isWhole = forEachPair(form, [&](const std::string& name, const std::string& value) {
        if ((tokenCount += 2) > limits.tokenCountMax) {
            added = mount::limitExceeded("the body", {}, "tokens", "max_json_token", limits.tokenCountMax);
        } else {
            added = addField(fields, name, value, limits);
        }
        return added.has_value();
    });
    if (!added) return std::move(added).error();
    if (!isWhole) return Error{ErrorCode::InvalidArgument, "error parsing form body"};
    return fields;
}

} // namespace core::http
