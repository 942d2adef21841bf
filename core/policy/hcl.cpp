#include "core/policy/hcl.h"

#include "core/policy/hcl_scanner.h"

#include <charconv>

namespace core::policy::hcl {
namespace {

// 0x… is hexadecimal and 0… octal, as Go's strconv.ParseInt(text, 0, 64) reads them.
Number toNumber(std::string text)
{
    Number number{std::move(text), 0, std::nullopt};
    std::string_view digits = number.text;
    const bool isNegative = digits.front() == '-';
    if (isNegative) digits.remove_prefix(1);
    int base = 10;
    if (digits.size() > 1 && digits[0] == '0' && (digits[1] | 0x20) == 'x') {
        base = 16;
        digits.remove_prefix(2);
    } else if (digits.size() > 1 && digits[0] == '0' && digits.find_first_of(".eE") == std::string_view::npos) {
        base = 8;
    }
    const std::string signedDigits = (isNegative ? "-" : "") + std::string{digits};
    const char* const end = signedDigits.data() + signedDigits.size();
    std::int64_t integer = 0;
    const auto whole = std::from_chars(signedDigits.data(), end, integer, base);
    if (whole.ec == std::errc{} && whole.ptr == end) {
        number.integer = integer;
        number.real = static_cast<double>(integer);
    } else if (base == 10) {
        const auto fraction = std::from_chars(signedDigits.data(), end, number.real);
        if (fraction.ec != std::errc{}) number.real = 0;
    }
    return number;
}

/// One token of look-ahead over a scanner; recursion is bounded by kDepthMax.
class Parser {
public:
    Parser(std::string_view text, Scanner::Dialect dialect) : m_scanner{text, dialect} {}

    Result<Value> parseHclDocument();
    Result<Value> parseJsonDocument();

private:
    /// Counts one level of nesting for as long as it lives.
    class Level {
    public:
        explicit Level(int& depth) : m_depth{depth} { ++m_depth; }
        ~Level() { --m_depth; }
        Level(const Level&) = delete;
        Level& operator=(const Level&) = delete;
        bool isTooDeep() const { return m_depth > kDepthMax; }

    private:
        int& m_depth;
    };

    Result<> advance();
    Error tooDeep() const { return errorAt(m_token.position, "nested deeper than " + std::to_string(kDepthMax) + " levels"); }
    Error unexpected(std::string_view expected) const;

    Result<Object> parseEntries(TokenKind end);
    Result<Entry> parseEntry();
    Result<Value> parseHclValue();
    Result<Value> parseHclObject();
    Result<Value> parseHclList();
    Result<Value> parseJsonValue();
    Result<Value> parseJsonObject();
    Result<Value> parseJsonList();
    Result<Value> parseLiteral();

    Scanner m_scanner;
    Token m_token;
    int m_depth = 0;
};

Result<> Parser::advance()
{
    auto token = m_scanner.next();
    if (!token) return std::move(token).error();
    m_token = *std::move(token);
    return {};
}

Error Parser::unexpected(std::string_view expected) const
{
    return errorAt(m_token.position, "expected: " + std::string{expected} + " got: " + std::string{toString(m_token.kind)});
}

Result<Value> Parser::parseLiteral()
{
    const auto at = m_token.position;
    Value value;
    switch (m_token.kind) {
    case TokenKind::String: value = Value{std::move(m_token.text), at}; break;
    case TokenKind::Boolean: value = Value{m_token.text == "true", at}; break;
    case TokenKind::Number: value = Value{toNumber(std::move(m_token.text)), at}; break;
    case TokenKind::Null: value = Value{std::monostate{}, at}; break;
    default: return unexpected("STRING | NUMBER | BOOL | LBRACE | LBRACK");
    }
    if (auto moved = advance(); !moved) return std::move(moved).error();
    return value;
}

Result<Value> Parser::parseHclDocument()
{
    if (auto moved = advance(); !moved) return std::move(moved).error();
    auto entries = parseEntries(TokenKind::End);
    if (!entries) return std::move(entries).error();
    return Value{*std::move(entries), Position{}};
}

Result<Object> Parser::parseEntries(TokenKind end)
{
    Object object;
    while (m_token.kind != end) {
        auto entry = parseEntry();
        if (!entry) return std::move(entry).error();
        object.push_back(*std::move(entry));
        // Entries can be separated by commas.
        if (m_token.kind == TokenKind::Comma) {
            if (auto moved = advance(); !moved) return std::move(moved).error();
        }
    }
    return object;
}

Result<Entry> Parser::parseEntry()
{
    std::vector<Token> keys;
    while (m_token.kind == TokenKind::Identifier || m_token.kind == TokenKind::String) {
        if (m_depth + static_cast<int>(keys.size()) >= kDepthMax) return tooDeep();
        keys.push_back(std::move(m_token));
        if (auto moved = advance(); !moved) return std::move(moved).error();
    }
    if (keys.empty()) return unexpected("IDENT | STRING");

    Result<Value> value{Value{}};
    if (m_token.kind == TokenKind::Assign) {
        if (keys.size() > 1) return errorAt(m_token.position, "nested object expected: LBRACE got: ASSIGN");
        if (auto moved = advance(); !moved) return std::move(moved).error();
        value = parseHclValue();
    } else if (m_token.kind == TokenKind::BraceOpen) {
        const int depth = m_depth;
        m_depth += static_cast<int>(keys.size()) - 1;
        value = parseHclObject();
        m_depth = depth;
    } else {
        return unexpected("IDENT | STRING | ASSIGN | LBRACE");
    }
    if (!value) return std::move(value).error();

    while (true) {
        Entry entry{std::move(keys.back().text), keys.back().position, *std::move(value)};
        keys.pop_back();
        if (keys.empty()) return entry;
        const auto at = entry.position;
        Object object;
        object.push_back(std::move(entry));
        value = Value{std::move(object), at};
    }
}

Result<Value> Parser::parseHclValue()
{
    if (m_token.kind == TokenKind::BraceOpen) return parseHclObject();
    if (m_token.kind == TokenKind::BracketOpen) return parseHclList();
    return parseLiteral();
}

Result<Value> Parser::parseHclObject()
{
    const Level level{m_depth};
    if (level.isTooDeep()) return tooDeep();
    const auto at = m_token.position;
    if (auto moved = advance(); !moved) return std::move(moved).error();
    auto entries = parseEntries(TokenKind::BraceClose);
    if (!entries) {
        if (m_token.kind == TokenKind::End) return errorAt(at, "object expected closing RBRACE got: EOF");
        return std::move(entries).error();
    }
    if (auto moved = advance(); !moved) return std::move(moved).error();
    return Value{*std::move(entries), at};
}

Result<Value> Parser::parseHclList()
{
    const Level level{m_depth};
    if (level.isTooDeep()) return tooDeep();
    const auto at = m_token.position;
    if (auto moved = advance(); !moved) return std::move(moved).error();
    List list;
    while (m_token.kind != TokenKind::BracketClose) {
        auto value = parseHclValue();
        if (!value) return std::move(value).error();
        list.push_back(*std::move(value));
        if (m_token.kind == TokenKind::BracketClose) break;
        if (m_token.kind != TokenKind::Comma) {
            return errorAt(m_token.position, "error parsing list, expected comma or list end, got: " + std::string{toString(m_token.kind)});
        }
        if (auto moved = advance(); !moved) return std::move(moved).error();
    }
    if (auto moved = advance(); !moved) return std::move(moved).error();
    return Value{std::move(list), at};
}

Result<Value> Parser::parseJsonDocument()
{
    if (auto moved = advance(); !moved) return std::move(moved).error();
    auto root = parseJsonObject();
    if (root && m_token.kind != TokenKind::End) return unexpected("EOF");
    return root;
}

Result<Value> Parser::parseJsonValue()
{
    if (m_token.kind == TokenKind::BraceOpen) return parseJsonObject();
    if (m_token.kind == TokenKind::BracketOpen) return parseJsonList();
    return parseLiteral();
}

Result<Value> Parser::parseJsonObject()
{
    const Level level{m_depth};
    if (level.isTooDeep()) return tooDeep();
    const auto at = m_token.position;
    Object object;
    do {
        if (auto moved = advance(); !moved) return std::move(moved).error();
        if (object.empty() && m_token.kind == TokenKind::BraceClose) break;
        if (m_token.kind != TokenKind::String) return unexpected("STRING");
        Entry entry{std::move(m_token.text), m_token.position, {}};
        if (auto moved = advance(); !moved) return std::move(moved).error();
        if (m_token.kind != TokenKind::Colon) return unexpected("COLON");
        if (auto moved = advance(); !moved) return std::move(moved).error();
        auto value = parseJsonValue();
        if (!value) return std::move(value).error();
        entry.value = *std::move(value);
        object.push_back(std::move(entry));
    } while (m_token.kind == TokenKind::Comma);
    if (m_token.kind != TokenKind::BraceClose) return unexpected("COMMA | RBRACE");
    if (auto moved = advance(); !moved) return std::move(moved).error();
    return Value{std::move(object), at};
}

Result<Value> Parser::parseJsonList()
{
    const Level level{m_depth};
    if (level.isTooDeep()) return tooDeep();
    const auto at = m_token.position;
    List list;
    do {
        if (auto moved = advance(); !moved) return std::move(moved).error();
        if (list.empty() && m_token.kind == TokenKind::BracketClose) break;
        auto value = parseJsonValue();
        if (!value) return std::move(value).error();
        list.push_back(*std::move(value));
    } while (m_token.kind == TokenKind::Comma);
    if (m_token.kind != TokenKind::BracketClose) return unexpected("COMMA | RBRACK");
    if (auto moved = advance(); !moved) return std::move(moved).error();
    return Value{std::move(list), at};
}

/// The objects of a block's value: the value itself, or the elements of a list of objects.
Result<std::vector<const Object*>> objectsOf(const Entry& entry)
{
    std::vector<const Object*> objects;
    if (const auto* object = entry.value.object()) {
        objects.push_back(object);
        return objects;
    }
    const auto* list = entry.value.list();
    if (!list) return errorAt(entry.position, "'" + entry.key + "' must be a block");
    for (const auto& element : *list) {
        if (!element.object()) return errorAt(element.position, "'" + entry.key + "' must be a block");
        objects.push_back(element.object());
    }
    return objects;
}

} // namespace

Result<Value> parse(std::string_view document)
{
    if (document.size() > kDocumentBytesMax) {
        return Error{ErrorCode::TooLarge, "document of " + std::to_string(document.size()) + " bytes"};
    }
    if (document.starts_with("\xef\xbb\xbf")) document.remove_prefix(3);
    if (auto checked = checkText(document); !checked) return std::move(checked).error();
    const auto first = document.find_first_not_of(" \t\r\n");
    if (first != std::string_view::npos && document[first] == '{') {
        return Parser{document, Scanner::Dialect::Json}.parseJsonDocument();
    }
    return Parser{document, Scanner::Dialect::Hcl}.parseHclDocument();
}

const Entry* find(const Object& object, std::string_view key)
{
    for (auto entry = object.rbegin(); entry != object.rend(); ++entry) {
        if (entry->key == key) return &*entry;
    }
    return nullptr;
}

Result<std::vector<const Object*>> blocks(const Object& object, std::string_view key)
{
    std::vector<const Object*> found;
    for (const auto& entry : object) {
        if (entry.key != key) continue;
        auto objects = objectsOf(entry);
        if (!objects) return std::move(objects).error();
        found.insert(found.end(), objects->begin(), objects->end());
    }
    return found;
}

Result<std::vector<Labelled>> labelledBlocks(const Object& object, std::string_view key)
{
    std::vector<Labelled> found;
    for (const auto& entry : object) {
        if (entry.key != key) continue;
        auto outer = objectsOf(entry);
        if (!outer) return std::move(outer).error();
        for (const auto* labels : *outer) {
            for (const auto& inner : *labels) {
                auto bodies = objectsOf(inner);
                if (!bodies) return std::move(bodies).error();
                for (const auto* body : *bodies) found.push_back({inner.key, inner.position, body});
            }
        }
    }
    return found;
}

Error errorAt(Position position, std::string_view text)
{
    return Error{ErrorCode::InvalidArgument,
                 "At " + std::to_string(position.line) + ":" + std::to_string(position.column) + ": " + std::string{text}};
}

std::string_view toString(Kind kind)
{
    switch (kind) {
    case Kind::Null: return "null";
    case Kind::String: return "string";
    case Kind::Number: return "number";
    case Kind::Boolean: return "boolean";
    case Kind::List: return "list";
    case Kind::Object: return "object";
    }
    return "unknown";
}

} // namespace core::policy::hcl
