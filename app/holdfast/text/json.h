#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace cli {

/// A JSON value that keeps the server's text: numbers stay text (1e100, integers above 64 bits), and members keep their order. Reading
/// an absent member or another type gives null, empty text, zero or false.
class Json {
public:
    struct Number {
        std::string text;
    };
    struct Member;
    using Array = std::vector<Json>;
    using Object = std::vector<Member>;

    Json();
    Json(std::nullptr_t);
    Json(bool value);
    Json(std::string value);
    Json(std::string_view value);
    Json(const char* value);
    Json(int value);
    Json(std::int64_t value);
    Json(Number value);
    Json(Array value);
    Json(Object value);
    Json(const Json&);
    Json(Json&&) noexcept;
    Json& operator=(const Json&);
    Json& operator=(Json&&) noexcept;
    ~Json();
    static Json object(std::initializer_list<Member> members = {});
    static Json strings(const std::vector<std::string>& values);

    /// Errors: InvalidArgument (not one JSON value, or nested deeper than 64).
    static core::Result<Json> parse(std::string_view text);

    bool isNull() const { return std::holds_alternative<std::monostate>(m_value); }
    bool isBool() const { return std::holds_alternative<bool>(m_value); }
    bool isNumber() const { return std::holds_alternative<Number>(m_value); }
    bool isText() const { return std::holds_alternative<std::string>(m_value); }
    bool isArray() const { return std::holds_alternative<Array>(m_value); }
    bool isObject() const { return std::holds_alternative<Object>(m_value); }
    /// Null, "", zero, false, or nothing in it.
    bool isEmpty() const;

    const std::string& text() const; // of a string or a number
    /// A number for people: no exponent, at most three digits after the point. For other types the text.
    std::string plainNumber() const;
    bool isTrue() const;
    std::int64_t integer() const; // also of text that is an integer
    const Array& array() const;
    const Object& members() const;
    const Json& operator[](std::string_view name) const;
    bool has(std::string_view name) const;

    /// Makes this an object if it is null; replaces a member of the same name.
    void set(std::string_view name, Json value);
    void erase(std::string_view name);
    void append(Json value);

    /// The same value with the members of every object in the order of their names.
    Json sorted() const;

    std::string toCompact() const;
    /// Two spaces per level, as Vault prints it.
    std::string toIndented() const;
    std::string toYaml() const;
    /// As Go's %v prints decoded JSON: `map[a:1 b:2]`, `[x y]`, `<nil>`. This is what tables show.
    std::string toGoText() const;

private:
    std::variant<std::monostate, bool, Number, std::string, Array, Object> m_value;
};

struct Json::Member {
    std::string name;
    Json value;
};

// After Member, because clang needs the complete type where a Json is made or destroyed.
inline Json::Json() = default;
inline Json::Json(std::nullptr_t) {}
inline Json::Json(bool value) : m_value{value} {}
inline Json::Json(std::string value) : m_value{std::move(value)} {}
inline Json::Json(std::string_view value) : m_value{std::string{value}} {}
inline Json::Json(const char* value) : m_value{std::string{value}} {}
inline Json::Json(int value) : m_value{Number{std::to_string(value)}} {}
inline Json::Json(std::int64_t value) : m_value{Number{std::to_string(value)}} {}
inline Json::Json(Number value) : m_value{std::move(value)} {}
inline Json::Json(Array value) : m_value{std::move(value)} {}
inline Json::Json(Object value) : m_value{std::move(value)} {}
inline Json::Json(const Json&) = default;
inline Json::Json(Json&&) noexcept = default;
inline Json& Json::operator=(const Json&) = default;
inline Json& Json::operator=(Json&&) noexcept = default;
inline Json::~Json() = default;

/// `text` in double quotes with JSON's escapes.
std::string jsonQuoted(std::string_view text);

} // namespace cli
