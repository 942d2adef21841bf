#include "core/mount/json_body.h"

#include "core/base/stack_wipe.h"

#include <boost/json/basic_parser_impl.hpp>

#include <optional>
#include <string>
#include <vector>

namespace core::mount {
namespace {

namespace json = boost::json;

/// The part of a key that a refusal quotes: enough to find it, and never a line break.
std::string quoted(std::string_view key)
{
    constexpr std::size_t kShownMax = 60;
    std::string out{"\""};
    for (const char c : key.substr(0, kShownMax)) {
        const auto byte = static_cast<unsigned char>(c);
        out.push_back(byte < 0x20 || byte >= 0x7f ? '?' : c);
    }
    if (key.size() > kShownMax) out.append("...");
    out.push_back('"');
    return out;
}

/// Builds the value from the parser's events. Boost's own builder silently takes the last of two equal keys, and counts nothing before the closing
/// bracket. So this one keeps its own stack.
class Builder {
public:
    static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);

    explicit Builder(const JsonLimits& limits) : m_limits{limits} {}

    bool on_document_begin(json::error_code&) { return true; }
    bool on_document_end(json::error_code&) { return true; }
    bool on_object_begin(json::error_code& error) { return open(true, error); }
    bool on_array_begin(json::error_code& error) { return open(false, error); }

    bool on_object_end(std::size_t count, json::error_code& error)
    {
        json::object made;
        made.reserve(count);
        const std::size_t first = m_values.size() - count;
        const std::size_t firstKey = m_keyEnds.size() - count;
        std::size_t begin = firstKey == 0 ? 0 : m_keyEnds[firstKey - 1];
        const std::size_t beginAll = begin;
        for (std::size_t at = 0; at < count; ++at) {
            const auto key = std::string_view{m_keyBytes}.substr(begin, m_keyEnds[firstKey + at] - begin);
            begin = m_keyEnds[firstKey + at];
            if (!made.emplace(key, std::move(m_values[first + at])).second) {
                return refuse(Error{ErrorCode::InvalidArgument, "the key " + quoted(key) + " is repeated"}, error);
            }
        }
        m_keyEnds.resize(firstKey);
        m_keyBytes.resize(beginAll);
        m_values.resize(first);
        m_values.emplace_back(std::move(made));
        m_levels.pop_back();
        return countToken(error);
    }

    bool on_array_end(std::size_t count, json::error_code& error)
    {
        json::array made;
        made.reserve(count);
        const std::size_t first = m_values.size() - count;
        for (std::size_t at = first; at < m_values.size(); ++at) made.emplace_back(std::move(m_values[at]));
        m_values.resize(first);
        m_values.emplace_back(std::move(made));
        m_levels.pop_back();
        return countToken(error);
    }

    bool on_key_part(json::string_view part, std::size_t total, json::error_code& error)
    {
        m_keyBytes.append(part.data(), part.size());
        return total <= m_limits.stringBytesMax || refuse(tooLong("a key"), error);
    }
    bool on_key(json::string_view part, std::size_t total, json::error_code& error)
    {
        if (!on_key_part(part, total, error)) return false;
        m_keyEnds.push_back(m_keyBytes.size());
        Level& level = m_levels.back();
        if (++level.count > m_limits.objectEntryCountMax) {
            return refuse(limitExceeded("the object", holderKey(), "keys", "max_json_object_entry_count", m_limits.objectEntryCountMax), error);
        }
        return countToken(error);
    }

    bool on_string_part(json::string_view part, std::size_t total, json::error_code& error)
    {
        if (total > m_limits.stringBytesMax) return refuse(tooLong("the string"), error);
        m_text.append(part.data(), part.size());
        return true;
    }
    bool on_string(json::string_view part, std::size_t total, json::error_code& error)
    {
        if (total > m_limits.stringBytesMax) return refuse(tooLong("the string"), error);
        if (m_text.empty()) return add(json::value(part), error);
        m_text.append(part.data(), part.size());
        json::value whole(json::string_view{m_text});
        m_text.clear();
        return add(std::move(whole), error);
    }

    bool on_number_part(json::string_view part, json::error_code& error)
    {
        m_numberBytes += part.size();
        return m_numberBytes <= m_limits.stringBytesMax || refuse(tooLong("the number"), error);
    }
    bool on_int64(std::int64_t number, json::string_view part, json::error_code& error) { return addNumber(number, part, error); }
    bool on_uint64(std::uint64_t number, json::string_view part, json::error_code& error) { return addNumber(number, part, error); }
    bool on_double(double number, json::string_view part, json::error_code& error) { return addNumber(number, part, error); }
    bool on_bool(bool value, json::error_code& error) { return add(value, error); }
    bool on_null(json::error_code& error) { return add(nullptr, error); }
    bool on_comment_part(json::string_view, json::error_code&) { return true; }
    bool on_comment(json::string_view, json::error_code&) { return true; }

    const std::optional<Error>& refusal() const { return m_refusal; }
    std::size_t tokenCount() const { return m_tokenCount; }
    json::value take() { return std::move(m_values.front()); }

private:
    struct Level {
        bool isObject = false;
        std::size_t count = 0;    // elements, or keys
        std::size_t keyCount = 0; // keys that were open when the level began; the last one belongs to this level
    };

    bool refuse(Error reason, json::error_code& error)
    {
        m_refusal = std::move(reason);
        error = json::error::exception; // never shown
        return false;
    }

    std::string_view keyAt(std::size_t keyCount) const
    {
        if (keyCount == 0) return {};
        const std::size_t begin = keyCount == 1 ? 0 : m_keyEnds[keyCount - 2];
        return std::string_view{m_keyBytes}.substr(begin, m_keyEnds[keyCount - 1] - begin);
    }
    /// The key whose value is the innermost object or array.
    std::string_view holderKey() const { return m_levels.empty() ? std::string_view{} : keyAt(m_levels.back().keyCount); }

    Error tooLong(std::string_view what) const
    {
        return limitExceeded(what, keyAt(m_keyEnds.size()), "bytes", "max_json_string_value_length", m_limits.stringBytesMax);
    }

    bool countToken(json::error_code& error)
    {
        if (++m_tokenCount <= m_limits.tokenCountMax) return true;
        return refuse(limitExceeded("the body", {}, "tokens", "max_json_token", m_limits.tokenCountMax), error);
    }

    bool countElement(json::error_code& error)
    {
        if (m_levels.empty() || m_levels.back().isObject) return countToken(error);
        if (++m_levels.back().count > m_limits.arrayElementCountMax) {
            return refuse(limitExceeded("the array", holderKey(), "elements", "max_json_array_element_count", m_limits.arrayElementCountMax), error);
        }
        return countToken(error);
    }

    bool open(bool isObject, json::error_code& error)
    {
        if (!countElement(error)) return false;
        if (m_levels.size() >= m_limits.depthMax) {
            return refuse(limitExceeded("the value", keyAt(m_keyEnds.size()), "levels", "max_json_depth", m_limits.depthMax), error);
        }
        m_levels.push_back({.isObject = isObject, .count = 0, .keyCount = m_keyEnds.size()});
        return true;
    }

    template<class Value>
    bool add(Value&& value, json::error_code& error)
    {
        if (!countElement(error)) return false;
        m_values.emplace_back(std::forward<Value>(value));
        return true;
    }

    template<class Number>
    bool addNumber(Number number, json::string_view part, json::error_code& error)
    {
        if (!on_number_part(part, error)) return false;
        m_numberBytes = 0;
        return add(number, error);
    }

    const JsonLimits& m_limits;
    std::vector<Level> m_levels;
    std::vector<json::value> m_values; // complete values that wait for their bracket
    std::string m_keyBytes;            // keys that wait for their bracket, one after the other
    std::vector<std::size_t> m_keyEnds;
    std::string m_text; // the first parts of a string
    std::size_t m_numberBytes = 0;
    std::size_t m_tokenCount = 0;
    std::optional<Error> m_refusal;
};

} // namespace

Error limitExceeded(std::string_view what, std::string_view key, std::string_view unit, std::string_view limitName, std::size_t limit)
{
    std::string text{what};
    if (!key.empty()) text += " at " + quoted(key);
    text += " holds more than " + std::to_string(limit) + " " + std::string{unit};
    text += " (limit " + std::string{limitName} + " = " + std::to_string(limit) + ")";
    return Error{ErrorCode::InvalidArgument, std::move(text)};
}

Result<json::value> parseBoundedJson(std::string_view text, const JsonLimits& limits, std::size_t* tokenCount)
{
    json::parse_options options;
    options.max_depth = std::min(limits.depthMax, kJsonDepthLimit) + 1; // the builder's own limit applies first
    json::basic_parser<Builder> parser{options, limits};
    json::error_code error;
    const std::size_t used = parser.write_some(false, text.data(), text.size(), error);
    if (text.find('\\') != std::string_view::npos) wipeStack(); // Boost.JSON decodes strings on the stack
    if (tokenCount) *tokenCount = parser.handler().tokenCount();
    if (parser.handler().refusal()) return *parser.handler().refusal();
    if (!error && used < text.size()) error = json::error::extra_data;
    if (error) return Error{ErrorCode::InvalidArgument, error.message()};
    return parser.handler().take();
}

} // namespace core::mount
