#pragma once

#include "core/base/result.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// Reads HCL (version 1, the dialect of Vault's policies and server configuration) and its JSON form into a tree of values.
///
/// parse() accepts any bytes and returns a tree or an error. Time and memory are linear in the document, which is limited by
/// kDocumentBytesMax and kDepthMax. Values are plain data; threads may share constant ones.
namespace core::policy::hcl {

inline constexpr std::size_t kDocumentBytesMax = 1u << 20;
inline constexpr int kDepthMax = 64;

/// The position where a value begins. Both count from 1; columns are in characters.
struct Position {
    std::uint32_t line = 1;
    std::uint32_t column = 1;

    bool operator==(const Position&) const = default;
};

struct Number {
    std::string text;
    double real = 0;
    std::optional<std::int64_t> integer; // empty for fractions, exponents and numbers that do not fit
};

struct Entry;
class Value;
using List = std::vector<Value>;
/// In the document's order; a key may occur more than once.
using Object = std::vector<Entry>;

enum class Kind { Null, String, Number, Boolean, List, Object }; // Null: in JSON only

/// One value and where it begins.
class Value {
public:
    Value() = default;
    template<class Content>
    Value(Content content, Position at) : position{at}
                                        , m_content{std::move(content)}
    {}

    Kind kind() const { return static_cast<Kind>(m_content.index()); }
    /// The contents if the value is of that kind, otherwise null.
    const std::string* string() const { return std::get_if<std::string>(&m_content); }
    const Number* number() const { return std::get_if<Number>(&m_content); }
    const bool* boolean() const { return std::get_if<bool>(&m_content); }
    const List* list() const { return std::get_if<List>(&m_content); }
    const Object* object() const { return std::get_if<Object>(&m_content); }
    Object* object() { return std::get_if<Object>(&m_content); }

    Position position;

private:
    std::variant<std::monostate, std::string, Number, bool, List, Object> m_content;
};

/// `key = value`, `key { … }`, or, for each label of a block, the object that holds the next one: `path "a" { … }` and
/// JSON's `"path": {"a": { … }}` give the same tree.
struct Entry {
    std::string key;
    Position position;
    Value value;
};

/// An object (the document's root). Errors: InvalidArgument ("At 2:5: what is wrong"), TooLarge.
Result<Value> parse(std::string_view document);

/// The last entry with that key, which is the one that counts; null if there is none.
const Entry* find(const Object& object, std::string_view key);

/// A block with one label, `storage "leveldb" { … }`. Points into the tree it was found in.
struct Labelled {
    std::string_view label;
    Position position;
    const Object* body;
};

/// All blocks with that key, also if they are written as lists of objects. Errors: InvalidArgument (no label, not a block).
Result<std::vector<Labelled>> labelledBlocks(const Object& object, std::string_view key);

/// All blocks of that key that need no label, `telemetry { … }`. Errors: InvalidArgument (not a block).
Result<std::vector<const Object*>> blocks(const Object& object, std::string_view key);

/// "At 2:5: " and the text, as InvalidArgument.
Error errorAt(Position position, std::string_view text);

/// "string", "number", "boolean", "list", "object", "null".
std::string_view toString(Kind kind);

} // namespace core::policy::hcl
