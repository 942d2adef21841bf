#pragma once

#include "core/mount/response.h"

#include <boost/json/object.hpp>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace core::mount {

/// Reads the fields of a request with Vault's weak conversions: numbers from text, lists from comma text, durations from seconds or text, booleans
/// from Go's words (spec: conventions.md §3, §6). A missing or null field gives an empty optional. So does a field that cannot be converted;
/// refusal() reports the first of these. Not thread-safe.
class Fields {
public:
    explicit Fields(const boost::json::object& data) : m_data{data} {}

    /// Present and not null.
    bool has(std::string_view name) const { return find(name) != nullptr; }
    /// Present, or null.
    bool isNamed(std::string_view name) const { return m_data.contains(name); }

    std::optional<std::string> text(std::string_view name);
    std::optional<bool> boolean(std::string_view name);
    std::optional<std::int64_t> integer(std::string_view name);
    std::optional<std::chrono::nanoseconds> duration(std::string_view name);
    /// Rounded towards zero. A negative value is refused.
    std::optional<std::chrono::seconds> wholeSeconds(std::string_view name);
    std::optional<std::vector<std::string>> list(std::string_view name);
    std::optional<std::vector<std::int64_t>> integers(std::string_view name);
    /// Text to text; also from a list of "key=value".
    std::optional<std::map<std::string, std::string>> map(std::string_view name);
    /// An object as it is.
    const boost::json::object* object(std::string_view name);

    std::string textOr(std::string_view name, std::string fallback) { return text(name).value_or(std::move(fallback)); }
    bool booleanOr(std::string_view name, bool fallback) { return boolean(name).value_or(fallback); }

    /// `Field validation failed: …` (400) for the first field that could not be read. Empty if all could.
    const std::optional<Response>& refusal() const { return m_refusal; }

private:
    const boost::json::value* find(std::string_view name) const;
    void refuse(std::string_view name, std::string_view reason);

    const boost::json::object& m_data;
    std::optional<Response> m_refusal;
};

/// The items of comma text, trimmed. None for empty text.
std::vector<std::string> splitCommaText(std::string_view text);

/// The answer of a list: `data.keys`, or an empty answer (404) when there are none.
Response keysAnswer(const std::vector<std::string>& keys);

/// 405 and 404 for an operation or a path that a backend does not have.
Response unsupportedOperation();
Response unsupportedPath();

} // namespace core::mount
